import type { Chart } from 'cdk8s';
import { component } from '../../charts/kube/component.ts';
import { deployment } from '../../charts/kube/deployment.ts';
import { disruptionBudget } from '../../charts/kube/disruption-budget.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { fewErrors, namespaceOf, podLabels } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, pods, toDns, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { filesOf, programFiles, programFolder } from '../../charts/kube/program-files.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { podSeries } from '../../charts/observability/collector-config.ts';
import { ports, serviceName } from '../../charts/observability/endpoints.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import type { Environment } from '../../model/graph.ts';
import { errorLimit, rolloutGate as name } from '../../model/rollout.ts';
import { storeOfSignal } from '../../model/signal-stores.ts';
import { gatePolicyObjects } from './policy.ts';
import type { GateConfig, GatedApp } from './program/config.ts';

const probes = 8081;

/** The files of the program; a few are those of the receiver. */
const files = [
  ...filesOf(`operators/${name}/program`),
  ...['http-server', 'kubernetes', 'log', 'probes', 'stop-at-end'].map(
    (file) => `operators/receiver/program/${file}.ts`,
  ),
];

/** The gate of roll-outs; undefined where errors stop no app's roll-out. */
export function chart(env: Environment): Component | undefined {
  const config = gateConfig(env);
  const store = storeOfSignal(env.cluster, 'metrics');
  if (config === undefined || store === undefined) return undefined;
  return component(name, (chart) => {
    namespace(chart, name, 'restricted');
    denyAll(chart, name, ['Ingress', 'Egress']);
    serviceAccount(chart, name, name);
    gatePolicyObjects(chart);
    pod(chart, env, config);
    allow(chart, name, name, {
      egress: [
        toDns,
        toKubernetesApi,
        { peers: [pods(store.operator, store.operator)], ports: [{ port: ports.metrics }] },
      ],
    });
    allowScrapes(chart, env, name);
  });
}

/** Configuration of the program; undefined where errors stop no app's roll-out. */
export function gateConfig(env: Environment): GateConfig | undefined {
  const store = storeOfSignal(env.cluster, 'metrics');
  const apps = env.apps.flatMap((app): GatedApp[] => {
    const limit = errorLimit(app);
    if (limit?.most === undefined) return [];
    const { watchSeconds, most, from } = limit;
    const selector = Object.entries(podLabels(app.name)).map(([key, value]) => `${key}=${value}`);
    return [
      {
        name: app.name,
        namespace: namespaceOf(app),
        selector: selector.join(','),
        watchSeconds,
        most,
        from,
      },
    ];
  });
  if (store === undefined || apps.length === 0) return undefined;
  return {
    condition: fewErrors,
    prometheus: `http://${serviceName(store.operator)}:${ports.metrics}`,
    series: podSeries,
    apps,
  };
}

function pod(chart: Chart, env: Environment, config: GateConfig): void {
  const program = programFiles(
    chart,
    { name, namespace: name, files },
    { 'config.json': `${JSON.stringify(config, null, 2)}\n` },
  );
  // A new pod of a gated app waits for it.
  const replicas = env.cluster.production ? 2 : 1;
  deployment(chart, {
    name,
    namespace: name,
    update: 'rolling',
    replicas,
    podAnnotations: program.podAnnotations,
    pod: {
      serviceAccountName: name,
      kubernetesApi: true,
      user: nonRoot,
      container: {
        name,
        image: imageRef(env, 'node'),
        command: [
          'node',
          '--max-old-space-size=64',
          `${programFolder}/operators/${name}/program/main.ts`,
          `${programFolder}/config.json`,
        ],
        env: [{ name: 'NODE_EXTRA_CA_CERTS', value: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' }],
        ports: [{ name: 'probes', containerPort: probes }],
        readinessProbe: httpProbe('probes', '/readyz', { period: 2, failures: 5 }),
        livenessProbe: httpProbe('probes', '/healthz'),
        resources: { cpu: '10m', memory: '64Mi', memoryLimit: '192Mi' },
        volumeMounts: [program.volumeMount],
      },
      volumes: [program.volume],
    },
  });
  if (replicas > 1) disruptionBudget(chart, name, name);
}
