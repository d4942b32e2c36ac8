import type { App } from './app.ts';
import type { Cluster } from './schema/cluster.ts';
import { nodePortOf } from './schema/node-ports.ts';

/** A port of an app that visitors reach by TCP or UDP, without the gateway. */
export interface PublicPort {
  /** Name in `ports`. */
  name: string;
  protocol: 'tcp' | 'udp';
  /** Number of the port of the process. */
  port: number;
  /** Number for visitors. */
  number: number;
  /** Number on every node, to which Kind or a load balancer leads. */
  nodePort: number;
}

/** The ports of an app in a cluster, whose cluster.yaml may give public ports other numbers. */
export function portsIn(
  { apps }: Pick<Cluster, 'apps'>,
  { name, ports }: Pick<App, 'name' | 'ports'>,
): App['ports'] {
  const numbers = apps[name]?.public ?? {};
  return Object.fromEntries(
    Object.entries(ports).map(([port, given]) => {
      const number = numbers[port];
      return [port, number === undefined ? given : { ...given, public: number }];
    }),
  );
}

/** The public ports of an app, in the order of its description. */
export function publicPorts({ ports }: Pick<App, 'ports'>): PublicPort[] {
  return Object.entries(ports).flatMap(([name, { port, protocol, public: number }]) =>
    number === undefined ? [] : [{ name, protocol, port, number, nodePort: nodePortOf(number) }],
  );
}

/** The public ports of all apps of an environment, with their apps. */
export function publicPortsOf({
  apps,
}: {
  apps: readonly Pick<App, 'name' | 'ports'>[];
}): (PublicPort & { app: string })[] {
  return apps.flatMap((app) => publicPorts(app).map((port) => ({ ...port, app: app.name })));
}

/** The number at which visitors reach a public port: on machines without a load balancer of the platform, that of the nodes. */
export function numberForVisitors(
  { provider }: Pick<Cluster, 'provider'>,
  { number, nodePort }: PublicPort,
): number {
  return provider.kind === 'machines' ? nodePort : number;
}

/** Addresses of an app's public ports: `tcp://broker.dev.example.org:1883`. */
export function publicAddresses(
  cluster: Pick<Cluster, 'provider' | 'domain'>,
  app: Pick<App, 'name' | 'ports'>,
): string[] {
  return publicPorts(app).map(
    (each) => `${each.protocol}://${app.name}.${cluster.domain}:${numberForVisitors(cluster, each)}`,
  );
}
