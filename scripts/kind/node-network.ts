import { runEngine } from '../../images/engine/index.ts';
import type { Engine, Report } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch.ts';
import { podSubnet } from './config.ts';

/**
 * The network of the nodes: each pod has a link of its own to its node, addresses out of the range that the cluster gave that
 * node, and each node a route to every other node's range. So every packet between pods is routed and keeps its source, on
 * which network policies depend. What is for a pod that is gone is refused at once: it would leave the node by its default
 * route, and whoever asks would wait. Routes go when a node restarts and addresses may change, so this is done in every run;
 * it changes nothing where all is as it should be.
 */
export async function ensureNodeNetwork(options: {
  engine: Engine;
  cluster: string;
  /** How many nodes the cluster has. */
  nodes: number;
  report: Report;
  signal: AbortSignal;
}): Promise<void> {
  const { engine, cluster, nodes, report, signal } = options;
  let ranges = new Map<string, string>();
  await watchUntil({
    kubeconfig: kubeconfigPath(cluster),
    path: '/api/v1/nodes',
    what: `${nodes} nodes of ${cluster} with a range of pod addresses each`,
    timeoutSeconds: 120,
    missing: (objects) => {
      ranges = new Map(objects.flatMap(rangeOf));
      return ranges.size >= nodes
        ? undefined
        : `${ranges.size} of ${nodes} nodes have a range of pod addresses`;
    },
    report,
    signal,
  });
  const addresses = await nodeAddresses(engine, [...ranges.keys()], signal);
  await Promise.all(
    [...ranges].map(([name, podRange]) => {
      const routes = [...ranges]
        .filter(([other]) => other !== name)
        .map(([other, range]) => `${range}=${addresses.get(other)}`);
      return runEngine(
        engine,
        ['exec', '-i', name, 'sh', '-euc', script, 'sh', masquerade, podRange, ...routes],
        {
          input: `${JSON.stringify(plugins(podRange), null, 2)}\n`,
          signal,
        },
      );
    }),
  );
}

/** The node's name, and the range of addresses of the pods on it; nothing while it has none. */
function rangeOf(node: WatchedObject): [string, string][] {
  const podRange = node.spec?.podCIDR;
  return typeof podRange === 'string' ? [[node.metadata.name, podRange]] : [];
}

/** As the engine says: after a restart the cluster still knows the addresses from before for a while. */
export async function nodeAddresses(
  engine: Engine,
  names: string[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const format = `{{(index .NetworkSettings.Networks "${networkName}").IPAddress}}`;
  const text = await runEngine(engine, ['inspect', '--format', format, ...names], { signal });
  const addresses = text.trim().split('\n');
  return new Map(names.map((name, i) => [name, addresses[i] ?? '']));
}

/**
 * Reads the plugins' configuration from standard input; its arguments are a file for nft, this node's range, and routes to
 * the others, RANGE=GATEWAY.
 */
const script = `
printf %s "$1" | nft -f -
ip route replace unreachable "$2"
shift 2
cd /etc/cni/net.d
cat > .plinth
cmp -s .plinth 10-plinth.conflist || mv .plinth 10-plinth.conflist
rm -f .plinth
for route do ip route replace "\${route%=*}" via "\${route#*=}"; done
`;

/** A pod that talks to what is no pod does so with its node's address: nobody outside knows a way back to its own. */
const masquerade = `
table ip plinth
delete table ip plinth
table ip plinth {
  chain postrouting {
    type nat hook postrouting priority srcnat
    ip saddr ${podSubnet} ip daddr != ${podSubnet} masquerade
  }
}
`;

/**
 * The plugins that Kind's own image has, as its own network uses them (https://www.cni.dev/plugins/current/main/ptp/). What
 * was handed out is forgotten when the node restarts, as the pods are.
 */
function plugins(podRange: string): object {
  return {
    cniVersion: '1.0.0',
    name: 'plinth',
    plugins: [
      {
        type: 'ptp',
        ipam: {
          type: 'host-local',
          dataDir: '/run/cni-addresses',
          ranges: [[{ subnet: podRange }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}
