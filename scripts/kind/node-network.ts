import { runEngine } from '../../images/engine/index.ts';
import type { Engine, Report } from '../../images/index.ts';
import { networkName } from '../../images/mirror/index.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import { apiServerAddress, podSubnet } from './config.ts';

/**
 * Creates the pod network: each pod has a link to its node, with an address from the node's range, and each
 * node has a route to the range of every other node. So packets between pods are routed and keep their source
 * address, which network policies need. Packets for a deleted pod are rejected at once; otherwise they would
 * leave the node by its default route, and the caller would wait. The first pods start once kube-proxy forwards packets to
 * Services: a connection that is opened before goes to nobody for as long as it lasts. Routes disappear when a node restarts, and
 * addresses can change, so this is done in every run; it changes nothing if all is correct.
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
        ['exec', '-i', name, 'sh', '-euc', script, 'sh', masquerade, podRange, apiServerAddress, ...routes],
        {
          input: `${JSON.stringify(plugins(podRange), null, 2)}\n`,
          signal,
        },
      );
    }),
  );
}

/** The node's name, and the address range of its pods; empty while it has none. */
function rangeOf(node: WatchedObject): [string, string][] {
  const podRange = node.spec?.podCIDR;
  return typeof podRange === 'string' ? [[node.metadata.name, podRange]] : [];
}

/** From the engine: after a restart, the cluster has the earlier addresses for a while. */
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
 * Reads the plugins' configuration from standard input. Arguments: a file for nft, this node's range, the address of the API server's
 * Service, and routes to the others, RANGE=GATEWAY.
 */
const script = `
printf %s "$1" | nft -f -
ip route replace unreachable "$2"
service="https://$3/livez"
shift 3
cd /etc/cni/net.d
if [ ! -e 10-plinth.conflist ]; then
  tries=0
  until curl --cacert /etc/kubernetes/pki/ca.crt --max-time 2 -so /dev/null "$service"; do
    tries=$((tries + 1))
    if [ $tries = 300 ]; then echo "kube-proxy does not forward $service to the API server" >&2; exit 1; fi
    sleep 0.2
  done
fi
cat > .plinth
cmp -s .plinth 10-plinth.conflist || mv .plinth 10-plinth.conflist
rm -f .plinth
for route do ip route replace "\${route%=*}" via "\${route#*=}"; done
`;

/**
 * Packets from pods to other destinations get the node's address, because nobody outside has a route to pods.
 */
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
 * The network plugins of Kind's own image, configured like Kind's own network
 * (https://www.cni.dev/plugins/current/main/ptp/). The list of used addresses is lost when the node restarts,
 * as are its pods.
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
