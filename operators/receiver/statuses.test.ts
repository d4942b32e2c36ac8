import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { receiverWorld, statusToken } from '../../test/receiver/world.ts';
import { type AppliedKustomization, afterRetry, revisionState } from './program/revision-state.ts';

/** On a busy machine. */
const soon = { timeout: 15_000 };

const commit = (figure: string) => figure.repeat(40);

/** A Kustomization at a commit, as Flux writes its status. */
function kustomization(
  name: string,
  given: {
    ready?: 'True' | 'False' | 'Unknown';
    attempted?: string;
    applied?: string;
    reason?: string;
    message?: string;
    suspend?: boolean;
    source?: string;
  } = {},
): AppliedKustomization {
  const { ready = 'True', attempted = commit('a'), suspend, source = 'platform' } = given;
  const { applied = ready === 'True' ? attempted : commit('0'), reason = '', message = '' } = given;
  return {
    metadata: { name, generation: 1 },
    spec: { sourceRef: { kind: 'GitRepository', name: source }, ...(suspend ? { suspend } : {}) },
    status: {
      observedGeneration: 1,
      lastAttemptedRevision: `main@sha1:${attempted}`,
      lastAppliedRevision: `main@sha1:${applied}`,
      conditions: [{ type: 'Ready', status: ready, reason, message, observedGeneration: 1 }],
    },
  };
}

const platform = (figure = 'a') => kustomization('platform', { attempted: commit(figure) });
const failed = (message: string) =>
  kustomization('orders', { ready: 'False', reason: 'HealthCheckFailed', message });

describe('the state of a commit', () => {
  it('is success when every Kustomization of the Git source is ready at it', () => {
    expect(revisionState([platform(), kustomization('orders')])).toEqual({
      commit: commit('a'),
      state: 'success',
      description: '2 Kustomizations are ready',
    });
  });

  it('is pending while one is at an earlier commit, in progress, or waits for another', () => {
    const others = [
      kustomization('orders', { attempted: commit('0') }),
      kustomization('orders', { ready: 'Unknown', reason: 'Progressing' }),
      kustomization('orders', { ready: 'False', reason: 'DependencyNotReady' }),
      kustomization('orders', { ready: 'False', reason: 'HealthCheckCanceled' }),
      { ...kustomization('orders'), metadata: { name: 'orders', generation: 2 } },
    ];
    for (const other of others) expect(revisionState([platform(), other])?.state).toBe('pending');
  });

  it('is failure with the first cause: those that wait for it do not count', () => {
    const waits = kustomization('accounts', {
      ready: 'False',
      reason: 'DependencyNotReady',
      message: "dependency 'flux-system/orders' is not ready",
    });
    const message = 'health check failed after 30.01s: timeout waiting for: [Deployment/orders/orders]\nmore';
    expect(revisionState([platform(), waits, failed(message)])).toEqual({
      commit: commit('a'),
      state: 'failure',
      description: 'orders: health check failed: timeout waiting for: [Deployment/orders/orders]',
    });
    const second = { ...failed('b'), metadata: { name: 'shop', generation: 1 } };
    expect(revisionState([platform(), failed('a'), second])?.description).toBe('orders (and 1 more): a');
  });

  it('does not look at other sources, suspended Kustomizations and failures at another commit', () => {
    const others = [
      kustomization('crd', { ready: 'False', reason: 'BuildFailed', source: 'cert-manager-crds' }),
      kustomization('held', { ready: 'False', reason: 'BuildFailed', suspend: true }),
    ];
    expect(revisionState([platform(), ...others])?.state).toBe('success');
    const earlier = kustomization('orders', {
      ready: 'False',
      reason: 'BuildFailed',
      attempted: commit('0'),
    });
    expect(revisionState([platform(), earlier])?.state).toBe('pending');
  });

  it('counts a Kustomization with an artifact by its generation, once all artifacts of the commit are named', () => {
    const root = (published: string): AppliedKustomization => ({
      ...platform(),
      metadata: {
        name: 'platform',
        generation: 1,
        annotations: { 'plinth.io/published-revision': `main@sha1:${commit(published)}` },
      },
    });
    const orders = (
      given: Parameters<typeof kustomization>[1] = {},
      generation = 1,
    ): AppliedKustomization => ({
      ...kustomization('orders', { ...given, attempted: commit('0') }),
      metadata: { name: 'orders', generation },
      spec: { sourceRef: { kind: 'ExternalArtifact', name: 'orders-0123456789abcdef' } },
    });
    const stateOf = (...all: AppliedKustomization[]) => revisionState(all)?.state;
    expect(stateOf(root('a'), orders())).toBe('success');
    expect(stateOf(root('b'), orders())).toBe('pending');
    expect(stateOf(root('a'), orders({}, 2))).toBe('pending');
    const broken = { ready: 'False', reason: 'BuildFailed' } as const;
    expect(stateOf(root('a'), orders(broken))).toBe('failure');
    expect(stateOf(root('a'), orders(broken, 2))).toBe('pending');
    expect(stateOf(root('a'), orders({ ready: 'False', reason: 'ArtifactFailed' }))).toBe('pending');
  });

  it('is unknown before Flux has read a commit', () => {
    expect(revisionState([])).toBeUndefined();
    expect(
      revisionState([
        { metadata: { name: 'platform' }, spec: { sourceRef: { kind: 'GitRepository', name: 'platform' } } },
      ]),
    ).toBeUndefined();
  });

  it('stays a failure while Flux tries again at the same commit', () => {
    const again = kustomization('orders', { ready: 'Unknown', reason: 'Progressing' });
    expect(afterRetry(failed('x'), again)).toEqual(failed('x'));
    expect(afterRetry(failed('x'), kustomization('orders'))).toEqual(kustomization('orders'));
    const next = kustomization('orders', { ready: 'Unknown', attempted: commit('b') });
    expect(afterRetry(failed('x'), next)).toEqual(next);
    expect(afterRetry(undefined, again)).toEqual(again);
  });
});

it.each([
  [
    'github',
    `/api/repos/team/platform/statuses/${commit('a')}`,
    `Bearer ${statusToken}`,
    { state: 'success', context: 'plinth/test' },
  ],
  [
    'gitea',
    `/api/repos/team/platform/statuses/${commit('a')}`,
    `token ${statusToken}`,
    { state: 'success', context: 'plinth/test' },
  ],
  [
    'gitlab',
    `/api/projects/team%2Fplatform/statuses/${commit('a')}`,
    statusToken,
    { state: 'success', name: 'plinth/test' },
  ],
] as const)(
  '%s is told that a commit is applied, by its own API',
  async (kind, path, authorization, body) => {
    const { asked } = await receiverWorld({ kind, status: true, objects: [platform()] });
    await expect.poll(() => asked.forge.length, soon).toBe(1);
    expect(asked.forge[0]).toEqual({
      method: 'POST',
      path,
      authorization,
      body: { ...body, description: '1 Kustomizations are ready' },
    });
    expect(asked.api.map(({ path: at }) => at)).toEqual([
      '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations',
    ]);
  },
);

const states = (asked: { forge: { body: unknown }[] }) => asked.forge.map(({ body }) => body);

it('a commit is pending, failed with its cause, and applied, each told once', async () => {
  const world = await receiverWorld({ status: true, objects: [platform(), kustomization('orders')] });
  await expect.poll(() => world.watches.size, soon).toBe(1);
  const waiting = kustomization('orders', { ready: 'Unknown', attempted: commit('b') });
  world.change(platform('b'));
  await expect.poll(() => world.asked.forge.length, soon).toBe(2);
  world.change(waiting);
  const broken = {
    ...waiting,
    status: {
      ...waiting.status,
      conditions: [
        {
          type: 'Ready',
          status: 'False',
          reason: 'BuildFailed',
          message: 'no such file',
          observedGeneration: 1,
        },
      ],
    },
  };
  for (const each of [broken, waiting, broken, waiting]) world.change(each);
  await expect.poll(() => world.asked.forge.length, soon).toBe(3);
  world.change(kustomization('orders', { attempted: commit('b') }));
  await expect.poll(() => world.asked.forge.length, soon).toBe(4);
  expect(states(world.asked)).toMatchObject([
    { state: 'success' },
    { state: 'pending' },
    { state: 'failure', description: 'orders: no such file' },
    { state: 'success', description: '2 Kustomizations are ready' },
  ]);
});

it('a status that the forge does not take is sent again, and the log has no token', async () => {
  const world = await receiverWorld({
    status: true,
    objects: [platform()],
    forge: [
      [502, 'bad gateway'],
      [401, 'bad credentials'],
    ],
  });
  await expect.poll(() => world.asked.forge.length, soon).toBe(3);
  await expect.poll(() => world.said.join('\n'), soon).toContain('told the forge');
  expect(world.said.join('\n')).toContain(
    `the forge answered 401 for the status of ${commit('a')}: bad credentials`,
  );
  expect(world.said.join('\n')).not.toContain(statusToken);
});

it('a newer state takes the place of one that the forge did not take', async () => {
  const world = await receiverWorld({
    status: true,
    objects: [platform(), kustomization('orders', { attempted: commit('0') })],
    forge: Array.from({ length: 3 }, (): [number, string] => [503, '']),
  });
  await expect.poll(() => world.asked.forge.length, soon).toBeGreaterThan(0);
  world.change(kustomization('orders'));
  await expect.poll(() => states(world.asked).at(-1), soon).toMatchObject({ state: 'success' });
});

it('GitLab may refuse a status that the commit has already', async () => {
  const world = await receiverWorld({
    kind: 'gitlab',
    status: true,
    objects: [platform()],
    forge: [[400, '{"message":"Cannot transition status via :enqueue from :pending"}']],
  });
  await expect.poll(() => world.said.join('\n'), soon).toContain('told the forge');
  expect(world.asked.forge).toHaveLength(1);
});

it('a description has at most the characters that GitHub takes', async () => {
  const { asked } = await receiverWorld({
    status: true,
    objects: [platform(), failed(`${'😀'.repeat(300)}`)],
  });
  await expect.poll(() => asked.forge.length, soon).toBe(1);
  const { description } = z.object({ description: z.string() }).parse(asked.forge[0]?.body);
  expect([...description]).toHaveLength(140);
});

it('a watch that ends or breaks is begun again from a new list', async () => {
  const world = await receiverWorld({ status: true, objects: [platform()] });
  await expect.poll(() => world.watches.size, soon).toBe(1);
  world.endWatches();
  await expect.poll(() => world.asked.api.length, soon).toBe(2);
  await expect.poll(() => world.watches.size, soon).toBe(1);
  for (const each of world.watches) each.write('{"type":"ERROR","object":{"code":410}}\n');
  await expect.poll(() => world.asked.api.length, soon).toBe(3);
  expect(world.said.join('\n')).toContain('the Kustomizations cannot be watched; trying again');
  expect(world.asked.forge).toHaveLength(1);
});

it('does not start with an empty token', async () => {
  await expect(receiverWorld({ status: true, token: '' })).rejects.toThrow(
    'the key status-token of the Secret has 0 characters',
  );
});
