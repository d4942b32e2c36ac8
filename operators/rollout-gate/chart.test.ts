import { describe, expect, it } from 'vitest';
import { appComponent } from '../../charts/app/app.ts';
import { field, listField, textField } from '../../charts/kube/field.ts';
import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { fewErrors } from '../../charts/kube/names.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { runInProgramFolder } from '../../test/charts/program-folder.ts';
import { chart as prometheus } from '../prometheus/chart.ts';
import prometheusOperator from '../prometheus/operator.ts';
import { chart } from './chart.ts';
import operator from './operator.ts';

const orders = testApp({ name: 'orders', rollout: { watch: '5m', errors: { most: 2 } } });
const pay = testApp({
  name: 'pay',
  rollout: { watch: '2m', errors: { from: 5 } },
  objective: { success: 99.9, within: '1s' },
});
const home = testApp({ name: 'home', rollout: { watch: '2m' } });
const env = environment({
  apps: [orders, pay, home],
  operators: [operator, prometheusOperator],
  cluster: { observability: { store: 'light' } },
});

function rendered(given = env): Component {
  const made = chart(given);
  if (made === undefined) throw new Error('nothing was made');
  return made;
}

const files = () => field(find(rendered(), 'ConfigMap', 'rollout-gate'), 'data');

it('runs only where errors stop the roll-out of an app', () => {
  expect(chart({ ...env, apps: [home] })).toBeUndefined();
  expect(chart(environment({ apps: [orders] }))).toBeUndefined();
});

it('has the limits of each app, by default those of its objective', () => {
  expect(JSON.parse(String(field(files(), 'config.json')))).toEqual({
    condition: fewErrors,
    prometheus: 'http://prometheus.prometheus.svc.cluster.local:9090',
    series: 'traces_pod_metrics_calls_total',
    apps: [
      {
        name: 'orders',
        namespace: 'orders',
        selector: 'app.kubernetes.io/name=orders',
        watchSeconds: 300,
        most: 2,
        from: 10,
      },
      {
        name: 'pay',
        namespace: 'pay',
        selector: 'app.kubernetes.io/name=pay',
        watchSeconds: 120,
        most: 0.1,
        from: 5,
      },
    ],
  });
});

it('has rights in the namespaces of these apps, and in no other', () => {
  const rules = field(find(appComponent(env, orders), 'Role', 'rollout-gate'), 'rules');
  expect(rules).toEqual([
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['list'] },
  ]);
  const roles = (component: Component) => component.objects.filter(({ kind }) => /Role$/.test(kind));
  expect(roles(appComponent(env, home))).toEqual([]);
  expect(roles(rendered())).toEqual([]);
});

it('asks Prometheus and the API server alone, and Prometheus lets it', () => {
  const egress = listField(find(rendered(), 'NetworkPolicy', 'rollout-gate'), 'spec', 'egress');
  expect(egress.flatMap((rule) => listField(rule, 'ports').map((port) => field(port, 'port')))).toEqual([
    53, 53, 6443, 9090,
  ]);
  const asked = find(prometheus(env), 'NetworkPolicy', 'prometheus');
  expect(
    listField(asked, 'spec', 'ingress', 0, 'from').map((peer) =>
      textField(peer, 'namespaceSelector', 'matchLabels', 'kubernetes.io/metadata.name'),
    ),
  ).toContain('rollout-gate');
});

it('has two pods where cluster.yaml says that it is production', () => {
  const production = { ...env, cluster: { ...env.cluster, production: true } };
  const replicas = (given: typeof env) =>
    field(find(rendered(given), 'Deployment', 'rollout-gate'), 'spec', 'replicas');
  expect([replicas(env), replicas(production)]).toEqual([1, 2]);
  expect(find(rendered(production), 'PodDisruptionBudget', 'rollout-gate')).toBeDefined();
});

it('runs out of its ConfigMap, without other packages, and ends when it is stopped', async () => {
  const program = `const { start } = await import('./operators/rollout-gate/program/main.ts');
const { readFileSync } = await import('node:fs');
const running = await start(JSON.parse(readFileSync('config.json', 'utf8')), {
  kubernetes: { api: 'http://127.0.0.1:1', token: () => '' }, port: 0, log: () => undefined,
});
console.log((await fetch(\`http://127.0.0.1:\${running.port}/readyz\`)).status);
await running.stop();`;
  expect(await runInProgramFolder(rendered(), 'rollout-gate', program)).toBe('200');
});

const gate = { type: fewErrors, status: 'True', reason: 'Open' };
const ready = { type: 'Ready', status: 'False' };
const pod: KubeObject = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'orders-1', namespace: 'orders', labels: { app: 'orders' } },
  spec: { readinessGates: [{ conditionType: fewErrors }] },
  status: { phase: 'Running', podIP: '10.0.0.7', conditions: [ready] },
};
const withStatus = (more: object): KubeObject => ({ ...pod, status: { ...Object(pod.status), ...more } });

describe('the admission policy for its writes', () => {
  const open = withStatus({ conditions: [ready, gate] });
  const closed = withStatus({ conditions: [ready, { ...gate, status: 'False', reason: 'TooManyErrors' }] });
  const username = 'system:serviceaccount:rollout-gate:rollout-gate';
  const said = (object: KubeObject, oldObject: KubeObject, who = username) =>
    refusals(rendered(), 'gate-opens-alone', { object, oldObject, username: who });
  const bare: KubeObject = { ...pod, status: { phase: 'Running', podIP: '10.0.0.7' } };

  it('admits the condition: opened, and closed', () => {
    expect(said(open, pod)).toEqual([]);
    expect(said({ ...bare, status: { ...Object(bare.status), conditions: [gate] } }, bare)).toEqual([]);
    expect(said(closed, open)).toEqual([]);
    expect(said(closed, closed)).toEqual([]);
  });

  it.each([
    ['readiness', withStatus({ conditions: [{ ...ready, status: 'True' }, gate] })],
    ['a lost condition', withStatus({ conditions: [gate] })],
    ['a further condition', withStatus({ conditions: [ready, gate, { type: 'x/y', status: 'True' }] })],
    ['another address', withStatus({ conditions: [ready, gate], podIP: '10.0.0.8' })],
    ['another phase', withStatus({ conditions: [ready, gate], phase: 'Succeeded' })],
    ['a further address', withStatus({ conditions: [ready, gate], podIPs: [{ ip: '10.0.0.8' }] })],
    ['another label', { ...open, metadata: { ...pod.metadata, labels: { app: 'pay' } } }],
    ['an annotation', { ...open, metadata: { ...pod.metadata, annotations: { a: 'b' } } }],
    ['a finalizer', { ...open, metadata: { ...pod.metadata, finalizers: ['x/y'] } }],
  ])('refuses %s', (_, changed) => {
    expect(said(changed, pod)).toEqual([`the gate changes nothing of a pod but the condition ${fewErrors}`]);
  });

  it('refuses to open a closed gate', () => {
    expect(said(open, closed)).toEqual([
      'the gate does not open for a pod for which it has closed: delete the pod to try again',
    ]);
    expect(said(pod, closed)).toHaveLength(1);
  });

  it('refuses pods that have no such gate', () => {
    const without = (each: KubeObject): KubeObject => ({ ...each, spec: {} });
    expect(said(without(open), without(pod))).toEqual([
      `the gate writes only to pods that have the readiness gate ${fewErrors}`,
    ]);
  });

  it('says nothing of the writes of kubelets', () => {
    expect(said(open, closed, 'system:node:worker-1')).toEqual([]);
  });
});
