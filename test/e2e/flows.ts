import { stringify } from 'yaml';
import type { Engine } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { nodeKubectl } from '../../scripts/cluster/node-kubectl.ts';

/** A pod in which connections are tried: `pod/NAME` or `deploy/NAME` of a namespace. */
export interface PodTarget {
  namespace: string;
  pod: string;
}

/** Ends with `open`, or with the code of the error that came instead. */
const script = `
const { connect } = require('node:net');
const { lookup } = require('node:dns/promises');
const attempt = (target) => {
  const [host, port] = target.split(':');
  if (port === undefined) return lookup(host).then(() => 'open', (error) => error.code);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 3000 });
    socket.on('connect', () => resolve('open'));
    socket.on('timeout', () => resolve('ETIMEDOUT'));
    socket.on('error', (error) => resolve(error.code));
  });
};
Promise.all(process.argv.slice(1).map(attempt)).then((ends) => {
  console.log(JSON.stringify(ends));
  process.exit(0);
});
`;

/** Tries to reach each target, `ADDRESS:PORT` or a name to be resolved; true where it was reached. */
export async function reaches(
  engine: Engine,
  cluster: string,
  { namespace, pod }: PodTarget,
  targets: Record<string, string>,
): Promise<Record<string, boolean>> {
  const text = await nodeKubectl(engine, cluster, [
    ...['exec', '-n', namespace, pod, '--', 'node', '-e', script],
    ...Object.values(targets),
  ]);
  const ends: string[] = JSON.parse(text);
  return Object.fromEntries(Object.keys(targets).map((name, i) => [name, ends[i] === 'open']));
}

/** Runs a pod that only waits in each of the namespaces on each of the nodes, and makes namespaces that are missing. */
export async function startProbes(
  engine: Engine,
  cluster: string,
  namespaces: string[],
  nodes: string[],
): Promise<PodTarget[]> {
  const places = namespaces.flatMap((namespace) =>
    nodes.map((node) => ({ namespace, node, name: `probe-${node}` })),
  );
  const objects = [
    ...namespaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })),
    ...places.map(({ namespace, node, name }) => pod(namespace, name, node)),
  ];
  const input = objects.map((object) => stringify(object)).join('---\n');
  await nodeKubectl(engine, cluster, ['apply', '--server-side', '-f', '-'], { input });
  for (const namespace of namespaces) {
    const ready = ['wait', '--for=condition=Ready', '--timeout=120s', '-n', namespace];
    await nodeKubectl(engine, cluster, [...ready, 'pods', '-l', 'probe=plinth-e2e']);
  }
  return places.map(({ namespace, name }) => ({ namespace, pod: `pod/${name}` }));
}

function pod(namespace: string, name: string, nodeName: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels: { probe: 'plinth-e2e' } },
    spec: {
      nodeName,
      tolerations: [{ operator: 'Exists' }],
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [
        {
          name: 'probe',
          image: loadLock().images.node?.ref,
          command: ['node', '-e', 'setInterval(() => {}, 2 ** 30)'],
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  };
}
