import { expect, it } from 'vitest';
import { fewErrors } from '../../charts/kube/names.ts';
import { gateWorld, podOf, replicaSetOf } from '../../test/rollout-gate/world.ts';

/** On a busy machine. */
const soon = { timeout: 15_000 };
const replicaSets = [replicaSetOf('old', 1), replicaSetOf('new', 2)];
const young = podOf('new', { readyFor: 30 });
const old = podOf('old', { readyFor: 86_400 });
const bad = { 'orders-new-1': { good: 5, failed: 15 }, 'orders-old-1': { good: 160, failed: 2 } };
const before = { 'orders-old-1': { good: 100, failed: 2 } };

/** Spans that began when the new pod became ready, 30 seconds ago. */
const since30s = (now: typeof bad) => (at: number) => (at > Date.now() - 20_000 ? now : before);

const looks = async (url: string, outcome: string): Promise<number> => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`looks_total\\{outcome="${outcome}"\\} (\\d+)`).exec(text)?.[1]);
};

/** Waits for two further looks of an outcome, so that one of them began after now. */
async function lookedAt(url: string, outcome: string): Promise<void> {
  const first = await looks(url, outcome);
  await expect.poll(() => looks(url, outcome), soon).toBeGreaterThan(first + 1);
}

it('opens the gate of each new pod at once, of every version, and asks Prometheus nothing for it', async () => {
  const { patched, change, watches, queries } = await gateWorld({
    pods: [podOf('old', { gate: 'none' }), podOf('other', { gate: 'none', gates: ['example.org/other'] })],
  });
  await expect.poll(() => watches.size, soon).toBe(1);
  change(podOf('new', { gate: 'none' }), 'ADDED');
  await expect.poll(() => patched.length, soon).toBe(2);
  expect(patched.map(({ path }) => path)).toEqual([
    '/api/v1/namespaces/orders/pods/orders-old-1/status uid-orders-old-1',
    '/api/v1/namespaces/orders/pods/orders-new-1/status uid-orders-new-1',
  ]);
  expect(patched[0]?.condition).toMatchObject({ type: fewErrors, status: 'True', reason: 'Open' });
  expect(queries).toEqual([]);
});

it('opens it after the API server has refused', async () => {
  const { patched, said } = await gateWorld({ pods: [podOf('new', { gate: 'none' })], patches: [500, 409] });
  await expect.poll(() => patched.length, soon).toBe(1);
  expect(said.join('\n')).toContain('a new pod cannot be opened; trying again');
});

it('closes the gate of a new pod that fails more requests than the old ones, with both numbers', async () => {
  const { patched, queries } = await gateWorld({ pods: [young, old], replicaSets, spans: since30s(bad) });
  await expect.poll(() => patched.length, soon).toBe(1);
  expect(patched[0]).toMatchObject({
    path: '/api/v1/namespaces/orders/pods/orders-new-1/status uid-orders-new-1',
    condition: {
      status: 'False',
      reason: 'TooManyErrors',
      message: '15 of its 20 requests failed, of the old pods 0 of 60; 5 % more may fail',
    },
  });
  expect(queries[0]).toBe(
    'sum by (k8s_pod_name, status_code) (calls{span_kind="SPAN_KIND_SERVER",k8s_pod_name=~"orders-new-1|orders-old-1"})',
  );
});

it('reports closed gates until their pods are gone', async () => {
  const closed = podOf('new', { gate: 'False' });
  const { url, change, watches } = await gateWorld({ pods: [closed, old], replicaSets });
  const gauge = async () =>
    /stopped_pods\{app="orders"\} (\d+)/.exec(await (await fetch(`${url}/metrics`)).text())?.[1];
  await expect.poll(gauge, soon).toBe('1');
  await expect.poll(() => watches.size, soon).toBe(1);
  change(closed, 'DELETED');
  await expect.poll(gauge, soon).toBe('0');
});

it('closes nothing while the old pods fail as many', async () => {
  const alike = { ...bad, 'orders-old-1': { good: 115, failed: 47 } };
  const { patched, url } = await gateWorld({ pods: [young, old], replicaSets, spans: since30s(alike) });
  await lookedAt(url, 'alike');
  expect(patched).toEqual([]);
});

it('closes nothing while few requests failed', async () => {
  const few = { ...bad, 'orders-new-1': { good: 0, failed: 9 } };
  const { patched, url } = await gateWorld({ pods: [young, old], replicaSets, spans: since30s(few) });
  await lookedAt(url, 'quiet');
  expect(patched).toEqual([]);
});

it('opens gates and closes none while Prometheus is away', async () => {
  const { patched, url, change, watches } = await gateWorld({ pods: [young, old], replicaSets });
  await expect.poll(() => watches.size, soon).toBe(1);
  change(podOf('new', { name: 'orders-new-2', gate: 'none' }));
  await lookedAt(url, 'failed');
  expect(patched.map(({ condition }) => condition.status)).toEqual(['True']);
});

it.each([
  ['whose watch is over', [podOf('new', { readyFor: 121 }), old]],
  ['of the old version', [podOf('new', { readyFor: 121 }), podOf('old', { readyFor: 30 })]],
  ['without pods of another version', [young, podOf('new', { name: 'orders-new-2', readyFor: 500 })]],
  ['beside old pods that are not ready', [young, podOf('old')]],
])('does not look at a pod %s', async (_, pods) => {
  // Another pod that it looks at shows that it has looked.
  const { patched, url, change, watches, queries } = await gateWorld({
    pods,
    replicaSets,
    spans: since30s(bad),
  });
  await expect.poll(() => watches.size, soon).toBe(1);
  await new Promise((done) => setTimeout(done, 200));
  expect(patched).toEqual([]);
  expect(queries).toEqual([]);
  change(young);
  change(old);
  await expect.poll(() => patched.length, soon).toBeGreaterThan(0);
  expect(await looks(url, 'worse')).toBeGreaterThan(0);
});

it('is ready until it stops', async () => {
  const { url, running } = await gateWorld({});
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  await running.stop();
  await expect(fetch(`${url}/readyz`)).rejects.toThrow();
});
