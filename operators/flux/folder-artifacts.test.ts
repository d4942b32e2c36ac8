import { createHash } from 'node:crypto';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { field, listField } from '../../charts/kube/field.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { runInProgramFolder } from '../../test/charts/program-folder.ts';
import { ArtifactsWorld } from '../../test/folder-artifacts/world.ts';
import { chart } from './chart.ts';

/** On a busy machine. */
const soon = { timeout: 15_000 };

const one = 'a'.repeat(40);
const two = 'b'.repeat(40);

const folders = {
  'flux-sync': { 'kustomization-orders.yaml': 'not part of an artifact' },
  orders: { 'deployment-orders.yaml': 'image: 1' },
  'orders-db': { 'cluster-orders.yaml': 'instances: 1' },
  traefik: { [`configmap-${'long-'.repeat(30)}name.yaml`]: 'words: Grüße' },
};
const artifacts = { orders: ['orders', 'orders-db'], traefik: ['traefik'] };

/** A world in which the first commit is published. */
async function published() {
  const world = await ArtifactsWorld.start();
  await world.commit(one, folders);
  world.root(one, artifacts, folders);
  const running = await world.program();
  await expect.poll(() => world.artifact('traefik')?.status?.artifact, soon).toBeDefined();
  await expect.poll(() => world.artifact('orders')?.status?.artifact, soon).toBeDefined();
  world.writes.length = 0;
  return { world, running };
}

async function unpacked(url = ''): Promise<string[]> {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const { stdout } = await execa('tar', ['--list', '--gzip', '--quoting-style=literal'], { input: bytes });
  return stdout.split('\n');
}

it('publishes the folders of each artifact with the digest that their Kustomizations name', async () => {
  const { world } = await published();
  const orders = world.artifact('orders');
  expect(orders).toMatchObject({
    metadata: { name: 'orders' },
    status: {
      artifact: { metadata: { 'org.opencontainers.image.revision': `main@sha1:${one}` } },
      conditions: [{ type: 'Ready', status: 'True' }],
    },
  });
  const { url = '', revision, digest } = orders?.status?.artifact ?? {};
  expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/);
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  expect(await unpacked(url)).toEqual([
    'manifests/test/orders-db/cluster-orders.yaml',
    'manifests/test/orders/deployment-orders.yaml',
  ]);
  expect(await unpacked(world.artifact('traefik')?.status?.artifact?.url)).toEqual([
    `manifests/test/traefik/${Object.keys(folders.traefik)[0]}`,
  ]);
});

it('publishes of a commit only what it changes, and only after the root has applied it', async () => {
  const { world, running } = await published();
  const next = { ...folders, orders: { 'deployment-orders.yaml': 'image: 2' } };
  await world.commit(two, next);
  const { ports } = running;
  const metrics = async () => (await fetch(`http://127.0.0.1:${ports.probes}/metrics`)).text();
  await expect.poll(metrics, soon).toMatch(/^folder_artifacts_behind 1$/m);
  expect(world.writes).toEqual([]);
  world.root(two, artifacts, next);
  await expect.poll(metrics, soon).toMatch(/^folder_artifacts_behind 0$/m);
  expect(world.writes).toEqual(['PATCH orders/status']);
});

it('still serves the archive before, which Flux may be about to fetch', async () => {
  const { world } = await published();
  const before = world.artifact('orders')?.status?.artifact?.url ?? '';
  const next = { ...folders, orders: { 'deployment-orders.yaml': 'image: 2' } };
  await world.commit(two, next);
  world.root(two, artifacts, next);
  await expect.poll(() => world.writes, soon).toEqual(['PATCH orders/status']);
  expect(world.artifact('orders')?.status?.artifact?.url).not.toBe(before);
  expect((await fetch(before)).status).toBe(200);
  expect((await fetch(new URL('/orders/none.tar.gz', before))).status).toBe(404);
});

it('publishes a manifest that somebody changed by hand, and others need not wait for it', async () => {
  const { world } = await published();
  const declared = world.artifact('orders')?.status?.artifact?.revision;
  await world.commit(two, { ...folders, orders: { 'deployment-orders.yaml': 'image: by hand' } });
  world.root(two, artifacts, folders);
  await expect.poll(() => world.writes, soon).toEqual(['PATCH orders/status']);
  expect(world.artifact('orders')?.status?.artifact?.revision).toMatch(
    new RegExp(`^${declared}\\+[0-9a-f]{12}$`),
  );
});

it('removes the artifact that no Kustomization names any more', async () => {
  const { world } = await published();
  world.removeKustomization('traefik');
  await expect.poll(() => world.artifact('traefik'), soon).toBeUndefined();
  expect(world.writes).toEqual(['DELETE traefik']);
});

it('makes the same archives after a start, and is not ready before it has them', async () => {
  const { world, running } = await published();
  const before = world.artifact('orders')?.status?.artifact;
  await running.stop();
  const again = await world.program();
  const ready = async () => (await fetch(`http://127.0.0.1:${again.ports.probes}/readyz`)).status;
  await expect.poll(ready, soon).toBe(200);
  await expect.poll(() => world.artifact('orders')?.status?.artifact?.digest, soon).toBe(before?.digest);
  const empty = await (await ArtifactsWorld.start()).program();
  expect((await fetch(`http://127.0.0.1:${empty.ports.probes}/readyz`)).status).toBe(503);
});

it('tries again when the API server refuses, and publishes nothing of an archive with another digest', async () => {
  const { world } = await published();
  world.refusals.push(500, 409);
  const next = { ...folders, orders: { 'deployment-orders.yaml': 'image: 2' } };
  await world.commit(two, next, `sha256:${'0'.repeat(64)}`);
  world.root(two, artifacts, next);
  await expect.poll(() => world.said.join('\n'), soon).toContain('has the digest');
  expect(world.writes).toEqual([]);
  await world.commit(two, next);
  await expect.poll(() => world.writes, soon).toEqual(['PATCH orders/status']);
  expect(world.said.join('\n')).toContain('the API server answered 409');
});

it('may read the sources of Flux and write artifacts, and talks to nothing else', () => {
  const rendered = chart(environment());
  const rules = listField(find(rendered, 'Role', 'folder-artifacts'), 'rules');
  expect(rules.map((rule) => `${field(rule, 'resources')} ${field(rule, 'verbs')}`)).toEqual([
    'gitrepositories get,list,watch',
    'kustomizations get,list,watch',
    'externalartifacts get,list,watch,create,patch,delete',
    'externalartifacts/status patch',
  ]);
  const policy = find(rendered, 'NetworkPolicy', 'folder-artifacts');
  expect(field(policy, 'spec', 'policyTypes')).toEqual(['Ingress', 'Egress']);
  expect(listField(policy, 'spec', 'egress').map((rule) => field(rule, 'to') ?? 'any')).toHaveLength(3);
});

it('runs out of its ConfigMap, without other packages', async () => {
  const program = `const { start } = await import('./operators/flux/program/main.ts');
const running = await start('platform', {
  kubernetes: { api: 'http://127.0.0.1:1', token: () => '' },
  ports: { archives: 0, probes: 0 }, log: () => undefined,
});
console.log((await fetch(\`http://127.0.0.1:\${running.ports.archives}/none\`)).status);
await running.stop();`;
  expect(await runInProgramFolder(chart(environment()), 'folder-artifacts', program)).toBe('404');
});
