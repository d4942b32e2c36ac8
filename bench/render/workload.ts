import type { Chart } from 'cdk8s';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { allow, toDns } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';

/** Names of the given number of workloads. */
export function workloadNames(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `workload-${i}`);
}

/** Labels of every object of a workload. */
export function labelsOf(name?: string): Record<string, string> {
  return {
    ...(name === undefined ? {} : { 'app.kubernetes.io/name': name }),
    'app.kubernetes.io/part-of': 'plinth',
  };
}

/** The objects of one workload: Deployment, Service, ServiceAccount, ConfigMap and NetworkPolicy. */
export function addWorkload(chart: Chart, name: string): void {
  const namespace = 'bench';
  serviceAccount(chart, name, namespace);
  configMap(chart, name, namespace, { 'settings.json': '{\n  "log": "info",\n  "port": 8080\n}\n' });
  deployment(chart, {
    name,
    namespace,
    replicas: 2,
    update: 'rolling',
    drainSeconds: 3,
    annotations: { 'plinth.io/summary': 'One of many.' },
    pod: {
      serviceAccountName: name,
      user: nonRoot,
      container: {
        name,
        image: `registry.example.org/${name}:1.0.0`,
        env: [{ name: 'LOG', value: 'info' }],
        ports: [{ name: 'http', containerPort: 8080 }],
        readinessProbe: httpProbe('http', '/readyz', { period: 2 }),
        livenessProbe: httpProbe('http', '/healthz'),
        resources: { cpu: '10m', memory: '64Mi' },
        volumeMounts: [
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'settings', mountPath: '/etc/settings', readOnly: true },
        ],
      },
      volumes: [
        { name: 'tmp', emptyDir: {} },
        { name: 'settings', configMap: { name } },
      ],
    },
  });
  service(chart, name, namespace, [{ name: 'http', port: 8080 }]);
  allow(chart, name, namespace, { ingress: [{ ports: [{ port: 8080 }] }], egress: [toDns] });
}
