import { type Engine, runEngine } from '../../images/engine.ts';
import { kubeconfigPath } from './client.ts';
import type { Report } from './phases.ts';
import { type WatchedObject, watchUntil } from './watch.ts';

/**
 * The network of nodes that were built here, whose image brings no network plugin of Kind's: on each node a bridge with
 * addresses out of the range that the cluster gave that node, and a route to every other node's range. Routes go when a
 * node restarts and addresses may change, so this is done in every run; it changes nothing where all is as it should be.
 */
export async function ensureNodeNetwork(options: {
  engine: Engine;
  cluster: string;
  nodes: number;
  report: Report;
  signal: AbortSignal;
}): Promise<void> {
  const { engine, cluster, nodes, report, signal } = options;
  let found: NodeRange[] = [];
  await watchUntil({
    kubeconfig: kubeconfigPath(cluster),
    path: '/api/v1/nodes',
    what: `${nodes} nodes of ${cluster} with a range of pod addresses each`,
    timeoutSeconds: 120,
    missing: (objects) => {
      found = objects.flatMap(rangeOf);
      return found.length >= nodes ? undefined : `${found.length} of ${nodes} nodes have one`;
    },
    report,
    signal,
  });
  await Promise.all(
    found.map(({ name, podRange }) => {
      const routes = found
        .filter((other) => other.name !== name)
        .map((other) => `${other.podRange}=${other.address}`);
      return runEngine(engine, ['exec', '-i', name, 'sh', '-euc', script, 'sh', ...routes], {
        input: `${JSON.stringify(bridge(podRange), null, 2)}\n`,
        signal,
      });
    }),
  );
}

interface NodeRange {
  name: string;
  /** Of the node itself. */
  address: string;
  /** CIDR of the pods on it. */
  podRange: string;
}

function rangeOf(node: WatchedObject): NodeRange[] {
  const podRange = node.spec?.podCIDR;
  const addresses = (node.status?.addresses ?? []) as { type: string; address: string }[];
  const address = addresses.find(({ type }) => type === 'InternalIP')?.address;
  return typeof podRange === 'string' && address !== undefined
    ? [{ name: node.metadata.name, address, podRange }]
    : [];
}

/** Reads the configuration from standard input; its arguments are routes, RANGE=GATEWAY. */
const script = `
cd /etc/cni/net.d
cat > .plinth
cmp -s .plinth 10-plinth.conflist || mv .plinth 10-plinth.conflist
rm -f .plinth
for route do ip route replace "\${route%=*}" via "\${route#*=}"; done
`;

/** https://www.cni.dev/plugins/current/main/bridge/ */
function bridge(podRange: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'plinth',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: true,
        hairpinMode: true,
        ipam: { type: 'host-local', ranges: [[{ subnet: podRange }]], routes: [{ dst: '0.0.0.0/0' }] },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}
