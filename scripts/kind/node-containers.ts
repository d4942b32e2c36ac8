import { z } from 'zod';
import { runEngine } from '../../images/engine/index.ts';
import type { Engine } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import { registriesFolder } from './config.ts';
import type { NodeContainer } from './decision.ts';

/** Kind's label on each container, with the cluster's name. */
export const clusterLabel = 'io.x-k8s.kind.cluster';
/** Kind's label with a node's role. */
export const roleLabel = 'io.x-k8s.kind.role';

/** Port of the API server in a control plane's container. */
const apiServer = '6443/tcp';

/** The fields of `docker inspect` and `podman inspect` that are read. */
const inspected = z.array(
  z.object({
    Name: z.string(),
    State: z.object({ Running: z.boolean(), StartedAt: z.string() }),
    Config: z.object({ Image: z.string(), Labels: z.record(z.string(), z.string()).nullish() }),
    HostConfig: z.object({
      Binds: z.array(z.string()).nullish(),
      PortBindings: z.record(z.string(), z.array(z.object({ HostPort: z.string() })).nullable()).nullish(),
    }),
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
  }),
);

/** Every container with the cluster's label, on any network, with its start time. */
export async function inspectNodes(
  engine: Engine,
  cluster: string,
  signal?: AbortSignal,
): Promise<(NodeContainer & { startedAt: string })[]> {
  const ids = await runEngine(
    engine,
    ['ps', '--all', '--quiet', '--no-trunc', '--filter', `label=${clusterLabel}=${cluster}`],
    { signal },
  );
  const list = ids.split('\n').filter((id) => id !== '');
  if (list.length === 0) return [];
  return readContainers(await runEngine(engine, ['inspect', '--type', 'container', ...list], { signal }));
}

/** Sorted by name. */
export function readContainers(json: string): (NodeContainer & { startedAt: string })[] {
  return inspected
    .parse(JSON.parse(json))
    .map(({ Name, State, Config, HostConfig, NetworkSettings }) => {
      const bindings = Object.entries(HostConfig.PortBindings ?? {}).flatMap(([port, hosts]) =>
        (hosts ?? []).map(({ HostPort }) => ({ port, host: Number(HostPort) })),
      );
      const suffix = `:${registriesFolder}`;
      const bind = HostConfig.Binds?.find((each) => each.includes(suffix));
      return {
        // Docker writes a leading slash.
        name: Name.replace(/^\//, ''),
        running: State.Running,
        startedAt: State.StartedAt,
        role: Config.Labels?.[roleLabel] ?? '',
        image: Config.Image,
        ports: bindings
          .filter(({ port }) => port !== apiServer)
          .map(({ port, host }) => ({
            host,
            node: Number.parseInt(port, 10),
            ...(port.endsWith('/udp') ? { protocol: 'udp' as const } : {}),
          })),
        apiPort: bindings.find(({ port }) => port === apiServer)?.host,
        files: bind?.slice(0, bind.indexOf(suffix)).replace(/\/certs\.d$/, ''),
        onOurNetwork: Object.hasOwn(NetworkSettings.Networks ?? {}, networkName),
      };
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Identity of this engine among the engines of this machine, which do not share containers. */
export async function engineIdentity({ name, ...engine }: Engine, signal?: AbortSignal): Promise<string> {
  const format = name === 'docker' ? '{{.ID}}' : '{{.Store.GraphRoot}}';
  const id = await runEngine({ name, ...engine }, ['info', '--format', format], { signal });
  return `${name} ${id.trim()}`;
}
