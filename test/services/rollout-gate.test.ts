import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoreV1Api, PatchStrategy, setHeaderOptions, type V1Pod } from '@kubernetes/client-node';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { appComponent } from '../../charts/app/app.ts';
import { field } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { fewErrors } from '../../charts/kube/names.ts';
import { loadLock } from '../../images/lock/index.ts';
import { chart, gateConfig } from '../../operators/rollout-gate/chart.ts';
import operator from '../../operators/rollout-gate/operator.ts';
import { RawObjects } from '../../scripts/cluster/raw-objects.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { find } from '../charts/find.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { freePort } from '../free-port.ts';
import { missingPromtool } from '../observability/promtool.ts';
import { until } from '../until.ts';

// The program itself with the account, the rights and the admission policy of the render, a real API server and a real Prometheus. There is
// no kubelet and no controller: the test writes pods, ReplicaSets and readiness as they do.

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const app = testApp({ name: 'orders', rollout: { watch: '1h', errors: { most: 5 } } });
const env = environment({
  apps: [app],
  operators: [operator],
  cluster: { observability: { store: 'light' } },
});
const missing = await missingPromtool();
const folder = mkdtempSync(join(tmpdir(), 'plinth-rollout-gate-'));
const processes: ReturnType<typeof run>[] = [];
/** Server spans of each pod, as the collector counts them. */
const spans: Record<string, { good: number; failed: number }> = {
  'orders-old-1': { good: 100, failed: 2 },
};
let api: ApiServer;
let token = '';
const exporter = createServer((_, response) =>
  response.end(
    Object.entries(spans)
      .flatMap(([pod, { good, failed }]) =>
        Object.entries({ STATUS_CODE_UNSET: good, STATUS_CODE_ERROR: failed }).map(
          ([status, value]) =>
            `traces_pod_metrics_calls_total{k8s_pod_name="${pod}",span_kind="SPAN_KIND_SERVER",status_code="${status}"} ${value}\n`,
        ),
      )
      .join(''),
  ),
);

const core = () => api.config.makeApiClient(CoreV1Api);
const strategic = setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch);

beforeAll(async () => {
  if (missing !== undefined) return;
  const lock = loadLock();
  api = await startApiServer(lock.kubernetes, { lock, report: () => {} });
  await createObjects();
  token = (
    await core().createNamespacedServiceAccountToken({
      name: 'rollout-gate',
      namespace: 'rollout-gate',
      body: { spec: { audiences: [] } },
    })
  ).status?.token as string;
  const prometheus = await startPrometheus();
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...gateConfig(env), prometheus }));
  startProgram();
});

afterAll(async () => {
  for (const each of processes) each.kill();
  await Promise.allSettled(processes);
  exporter.close();
  await api?.stop();
  rmSync(folder, { recursive: true, force: true });
});

function run(program: string, args: string[], env: Record<string, string> = {}) {
  return execa(program, args, { cwd: folder, env, reject: false, stdio: 'ignore' });
}

async function createObjects(): Promise<void> {
  const raw = new RawObjects(api.config);
  const gate = chart(env);
  if (gate === undefined) throw new Error('the gate was not rendered');
  const namespace = (name: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name },
  });
  const rendered = [
    ...[find(gate, 'ServiceAccount', 'rollout-gate')],
    ...[find(gate, 'ValidatingAdmissionPolicy', 'gate-opens-alone')],
    ...[find(gate, 'ValidatingAdmissionPolicyBinding', 'gate-opens-alone')],
    ...['Role', 'RoleBinding'].map((kind) => find(appComponent(env, app), kind, 'rollout-gate')),
    find(appComponent(env, app), 'ServiceAccount', 'orders'),
  ];
  for (const object of [namespace('orders'), namespace('rollout-gate'), ...rendered])
    await raw.create(object);
  for (const [hash, revision] of [
    ['old', '1'],
    ['new', '2'],
  ] as const)
    await raw.create(replicaSet(hash, revision));
}

const labelsOf = (hash: string) => ({ 'app.kubernetes.io/name': 'orders', 'pod-template-hash': hash });

/** The spec of the rendered Deployment's pods. */
function podSpec(): object {
  return Object(field(find(appComponent(env, app), 'Deployment', 'orders'), 'spec', 'template', 'spec'));
}

function replicaSet(hash: string, revision: string): KubeObject {
  const labels = labelsOf(hash);
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `orders-${hash}`,
      namespace: 'orders',
      labels,
      annotations: { 'deployment.kubernetes.io/revision': revision },
    },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec() } },
  };
}

async function startPrometheus(): Promise<string> {
  await new Promise<void>((done) => exporter.listen(0, '127.0.0.1', done));
  const target = `127.0.0.1:${(exporter.address() as AddressInfo).port}`;
  const file = join(folder, 'prometheus.yaml');
  writeFileSync(
    file,
    stringify({
      global: { scrape_interval: '1s' },
      scrape_configs: [{ job_name: 'spans', static_configs: [{ targets: [target] }] }],
    }),
  );
  const address = `127.0.0.1:${await freePort()}`;
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${folder}/data`,
    `--web.listen-address=${address}`,
  ];
  processes.push(run('prometheus', args));
  const query = `http://${address}/api/v1/query?query=traces_pod_metrics_calls_total`;
  await until(async () => (await (await fetch(query)).text()).includes('orders-old-1'), 'a sample', {
    seconds: 60,
  });
  return `http://${address}`;
}

function startProgram(): void {
  const cluster = api.config.getCurrentCluster();
  writeFileSync(join(folder, 'ca.crt'), Buffer.from(cluster?.caData ?? '', 'base64'));
  const main = new URL('../../operators/rollout-gate/program/main.ts', import.meta.url).href;
  const options = `{
  kubernetes: { api: '${cluster?.server}', token: () => process.env.TOKEN ?? '' },
  port: 0, pauses: { look: 500, first: 200, longest: 1000 },
  log: (level, message, fields) => console.log(level, message, fields),
}`;
  const text = `import { readFileSync } from 'node:fs';
import { start } from '${main}';
await start(JSON.parse(readFileSync('config.json', 'utf8')), ${options});`;
  writeFileSync(join(folder, 'run.mts'), text);
  const variables = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt'), TOKEN: token };
  processes.push(run(process.execPath, ['run.mts'], variables));
}

/** A pod as its ReplicaSet makes it. */
async function createPod(name: string, hash: string): Promise<void> {
  const raw = new RawObjects(api.config);
  const metadata = { name, namespace: 'orders', labels: labelsOf(hash) };
  await raw.create({ apiVersion: 'v1', kind: 'Pod', metadata, spec: podSpec() });
}

const gateOf = async (name: string) => {
  const pod: V1Pod = await core().readNamespacedPod({ name, namespace: 'orders' });
  return pod.status?.conditions?.find(({ type }) => type === fewErrors);
};

const isGate = (name: string, status: string) => async () => (await gateOf(name))?.status === status;

/** Writes the readiness of a pod, as its kubelet does once its gate is open. */
async function becomeReady(name: string): Promise<void> {
  const lastTransitionTime = new Date().toISOString();
  const body = { status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] } };
  await core().patchNamespacedPodStatus({ name, namespace: 'orders', body }, strategic);
}

/** Writes to the status of a pod as the gate; returns the status of the answer and its message. */
async function asGate(name: string, body: object): Promise<[number, string]> {
  const cluster = api.config.getCurrentCluster();
  const script = `const answer = await fetch('${cluster?.server}/api/v1/namespaces/orders/pods/${name}/status', {
  method: 'PATCH', body: process.env.BODY,
  headers: { authorization: 'Bearer ' + process.env.TOKEN, 'content-type': 'application/strategic-merge-patch+json' },
});
console.log(JSON.stringify([answer.status, (await answer.json()).message ?? '']));`;
  const variables = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.crt'), TOKEN: token, BODY: JSON.stringify(body) };
  const { stdout } = await execa(process.execPath, ['--input-type=module', '--eval', script], {
    env: variables,
  });
  const [status, message]: [number, string] = JSON.parse(stdout);
  return [status, message];
}

// CI on a machine as root has Prometheus.
describe.skipIf(missing !== undefined)(missing ?? 'the gate of roll-outs', () => {
  it('opens for the pods of both versions', async () => {
    await createPod('orders-old-1', 'old');
    await createPod('orders-new-1', 'new');
    for (const name of ['orders-old-1', 'orders-new-1']) {
      await until(isGate(name, 'True'), `the gate of ${name}`, { seconds: 30 });
      await becomeReady(name);
    }
  });

  it('closes for the new pod once Prometheus has its errors, and not for the old one', async () => {
    spans['orders-old-1'] = { good: 160, failed: 2 };
    spans['orders-new-1'] = { good: 5, failed: 15 };
    await until(isGate('orders-new-1', 'False'), 'the closed gate', { seconds: 60 });
    expect(await gateOf('orders-new-1')).toMatchObject({
      reason: 'TooManyErrors',
      message: expect.stringMatching(
        /^15 of its 20 requests failed, of the old pods 0 of \d+; 5 % more may fail$/,
      ),
    });
    expect(await gateOf('orders-old-1')).toMatchObject({ status: 'True' });
  });

  it('is written by the account of the program, which writes nothing else', async () => {
    const only = `the gate changes nothing of a pod but the condition ${fewErrors}`;
    const refused = async (body: object) => {
      const [status, message] = await asGate('orders-old-1', body);
      return status === 403 || status === 422 ? message : `answer ${status}`;
    };
    const conditions = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } });
    expect(await refused(conditions('Ready', 'False'))).toContain(only);
    expect(await refused({ status: { podIP: '10.9.9.9', podIPs: [{ ip: '10.9.9.9' }] } })).toContain(only);
    expect(await refused({ status: { phase: 'Succeeded' } })).toContain(only);
    expect(await refused({ metadata: { labels: { 'app.kubernetes.io/name': 'pay' } } })).toContain(only);
    expect(await refused({ metadata: { annotations: { a: 'b' } } })).toContain(only);
    const [status, message] = await asGate('orders-new-1', conditions(fewErrors, 'True'));
    expect([status, message]).toEqual([403, expect.stringContaining('delete the pod to try again')]);
    expect((await asGate('orders-old-1', conditions(fewErrors, 'True')))[0]).toBe(200);
  });
});
