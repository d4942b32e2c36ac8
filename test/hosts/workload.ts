import { nodePorts } from '../../model/schema/node-ports.ts';

/** Open to all on every node. */
export const workloadPort = nodePorts.http;

/** Two servers on two nodes behind one node port, of which one at least always runs. `image` has Node. */
export function workload(image: string): object {
  const labels = { app: 'web' };
  const metadata = { name: 'web', namespace: 'default' };
  const serve = "require('node:http').createServer((_, answer) => answer.end('ok')).listen(8080)";
  const container = {
    name: 'web',
    image,
    command: ['node', '--eval', serve],
    readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
    // Until no node sends anything to it any more.
    lifecycle: { preStop: { sleep: { seconds: 10 } } },
  };
  const apart = {
    maxSkew: 1,
    topologyKey: 'kubernetes.io/hostname',
    whenUnsatisfiable: 'ScheduleAnyway',
    labelSelector: { matchLabels: labels },
  };
  const spec = {
    containers: [container],
    terminationGracePeriodSeconds: 12,
    topologySpreadConstraints: [apart],
  };
  return {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: {
          replicas: 2,
          selector: { matchLabels: labels },
          template: { metadata: { labels }, spec },
        },
      },
      {
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata,
        spec: { minAvailable: 1, selector: { matchLabels: labels } },
      },
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { type: 'NodePort', selector: labels, ports: [{ port: 8080, nodePort: workloadPort }] },
      },
    ],
  };
}
