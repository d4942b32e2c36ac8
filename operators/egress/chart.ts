import { readFileSync } from 'node:fs';
import type { Chart } from 'cdk8s';
import { egressNamespace, egressPort, internetHosts } from '../../charts/app/internet.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { disruptionBudget } from '../../charts/kube/disruption-budget.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { namespaceOf } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { internetHost } from '../../model/schema/internet-use.ts';
import { type Config, privateNetworks } from './proxy.ts';

const folder = '/egress';
const program = readFileSync(new URL('./proxy.ts', import.meta.url), 'utf8');

/**
 * One proxy per app that calls hosts outside of the cluster, because network policies only know addresses.
 * Undefined if no app does.
 */
export function chart(env: Environment): Component | undefined {
  const apps = env.apps.filter((app) => internetHosts(app).length > 0);
  if (apps.length === 0) return undefined;
  return component('egress', (chart) => {
    namespace(chart, egressNamespace, 'restricted');
    denyAll(chart, egressNamespace, ['Ingress', 'Egress']);
    for (const app of apps) proxy(chart, env, app);
  });
}

function proxy(chart: Chart, env: Environment, app: EnvironmentApp): void {
  const { name } = app;
  const hosts = internetHosts(app).flatMap((text) => internetHost(text) ?? []);
  const taken = env.cluster.egress.privateNetworks;
  const config: Config = { hosts: hosts.map((host) => `${host.name}:${host.port}`), privateNetworks: taken };
  const podAnnotations = configMap(chart, name, egressNamespace, {
    'proxy.ts': program,
    'hosts.json': `${JSON.stringify(config, null, 2)}\n`,
  });
  serviceAccount(chart, name, egressNamespace);
  const replicas = env.cluster.production ? 2 : 1;
  deployment(chart, {
    name,
    namespace: egressNamespace,
    replicas,
    update: 'rolling',
    podAnnotations,
    drainSeconds: 3,
    pod: {
      serviceAccountName: name,
      user: nonRoot,
      container: {
        name: 'proxy',
        image: imageRef(env, 'node'),
        command: [
          'node',
          '--max-old-space-size=32',
          `${folder}/proxy.ts`,
          `${folder}/hosts.json`,
          `${egressPort}`,
        ],
        ports: [{ name: 'proxy', containerPort: egressPort }],
        readinessProbe: httpProbe('proxy', '/healthz', { period: 2, failures: 5 }),
        livenessProbe: httpProbe('proxy', '/healthz'),
        resources: { cpu: '10m', memory: '64Mi', memoryLimit: '128Mi' },
        volumeMounts: [{ name: 'config', mountPath: folder, readOnly: true }],
      },
      volumes: [{ name: 'config', configMap: { name } }],
    },
  });
  if (replicas > 1) disruptionBudget(chart, name, egressNamespace);
  service(chart, name, egressNamespace, [{ name: 'proxy', port: egressPort }]);
  allow(chart, name, egressNamespace, {
    ingress: [{ peers: [pods(name, namespaceOf(app))], ports: [{ port: egressPort }] }],
    egress: [
      toDns,
      {
        peers: [
          { ipBlock: { cidr: '0.0.0.0/0', except: privateNetworks } },
          ...taken.map((cidr) => ({ ipBlock: { cidr } })),
        ],
        ports: [...new Set(hosts.map(({ port }) => port))].sort((a, b) => a - b).map((port) => ({ port })),
      },
    ],
  });
}
