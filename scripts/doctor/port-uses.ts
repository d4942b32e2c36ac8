import { runEngine } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { mirrorName, mirrorPort } from '../../images/mirror/index.ts';
import type { App } from '../../model/app.ts';
import { publicPortsOf } from '../../model/public-ports.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import type { CheckResult } from './check-result.ts';
import { listener, portState } from './machine.ts';
import { containerAt, type PortInput, type PortUse, ports } from './ports.ts';

/** An environment, with the apps whose public ports Kind publishes on this machine. */
export interface PortsOf {
  /** A folder of clusters/. */
  environment: string;
  cluster: Cluster;
  /** With their ports in this environment. */
  apps: readonly Pick<App, 'name' | 'ports'>[];
}

/** The loopback ports that an environment takes: those of the platform, then the public ports of its apps. */
export function portUses({ environment, cluster: { provider }, apps }: PortsOf): PortUse[] {
  const file = `clusters/${environment}/cluster.yaml`;
  const uses: PortUse[] = [
    {
      port: mirrorPort(),
      protocol: 'tcp',
      what: 'the mirror',
      setting: 'export PLINTH_REGISTRY_PORT=…',
    },
  ];
  if (provider.kind !== 'kind') return uses;
  const what = { http: 'the gateway', https: 'the gateway with TLS', registry: 'the registry' };
  for (const key of ['http', 'https', 'registry'] as const) {
    const setting = `provider.ports.${key} in ${file}`;
    uses.push({ port: provider.ports[key], protocol: 'tcp', what: what[key], setting });
  }
  for (const { app, name, number, protocol } of publicPortsOf({ apps })) {
    uses.push({
      port: number,
      protocol,
      what: `the public port '${name}' of ${app}`,
      setting: `apps: { ${app}: { public: { ${name}: … } } } in ${file}`,
    });
  }
  return uses;
}

/** Whether this machine has every port of an environment for it; names the owner of each that is taken. */
export async function checkPorts(given: PortsOf, engine: Engine | undefined): Promise<CheckResult> {
  const published = engine
    ? await runEngine(engine, ['ps', '--format', '{{.Names}} {{.Ports}}'], { timeoutSeconds: 3 })
    : '';
  // Only an engine with the rights of this user cannot open the ports that this user may not open.
  const asUser = engine === undefined || engine.info.rootless;
  const inputs = await Promise.all(
    portUses(given).map(async (use): Promise<PortInput> => {
      const state = await portState(use);
      if (state === 'free') return { ...use, state };
      const [container, process] = [containerAt(published, use), await listener(use)];
      if (state === 'forbidden') {
        if (asUser) return { ...use, state };
        if (container === undefined && process === undefined) return { ...use, state: 'free' };
      }
      return { ...use, state: 'taken', container, process };
    }),
  );
  return ports(inputs, [mirrorName, `${given.cluster.name}-control-plane`]);
}
