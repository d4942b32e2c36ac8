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
const changed = { ...folders, orders: { 'deployment-orders.yaml': 'image: 2' } };

/** A world in which the first commit is published. */
async function published() {
  const world = await ArtifactsWorld.start();
  await world.commit(one, folders);
  world.describe('orders', ['orders-db', 'traefik']);
  world.describe('orders-db', ['traefik']);
  world.describe('traefik');
  world.root(one);
  const running = await world.program();
  await expect.poll(() => publishedOf(world), soon).toBe(`main@sha1:${one}`);
  const writes = world.writes.splice(0);
  return { world, running, writes };
}

function publishedOf(world: ArtifactsWorld): string | undefined {
  return world.kustomization('platform')?.metadata.annotations?.['plinth.io/published-revision'];
}

async function unpacked(url = ''): Promise<string[]> {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  const { stdout } = await execa('tar', ['--list', '--gzip', '--quoting-style=literal'], { input: bytes });
  return stdout.split('\n');
}

it('publishes the folder of each Kustomization, and names it there after what it depends on', async () => {
  const { world, writes } = await published();
  const names = writes.filter((write) => /^PATCH [a-z-]+$/.test(write) && !/-[0-9a-f]{16}$/.test(write));
  expect(names).toEqual(['PATCH traefik', 'PATCH orders-db', 'PATCH orders', 'PATCH platform']);
  const artifact = world.artifactOf('orders');
  expect(artifact).toMatchObject({
    metadata: { labels: { 'app.kubernetes.io/managed-by': 'folder-artifacts' } },
    status: { artifact: { revision: `main@sha1:${one}` }, conditions: [{ type: 'Ready', status: 'True' }] },
  });
  const { url = '', digest } = artifact?.status?.artifact ?? {};
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect(digest).toBe(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
  expect(await unpacked(url)).toEqual(['manifests/test/orders/deployment-orders.yaml']);
  expect(await unpacked(world.artifactOf('traefik')?.status?.artifact?.url)).toEqual([
    `manifests/test/traefik/${Object.keys(folders.traefik)[0]}`,
  ]);
});

it('publishes of a commit only what it changes, also before the root has looked at it', async () => {
  const { world } = await published();
  const before = world.kustomization('orders')?.spec.sourceRef.name ?? '';
  await world.commit(two, changed);
  await expect.poll(() => publishedOf(world), soon).toBe(`main@sha1:${two}`);
  const now = world.kustomization('orders')?.spec.sourceRef.name ?? '';
  expect(now).not.toBe(before);
  await expect.poll(() => world.artifact(before), soon).toBeUndefined();
  expect(world.writes).toEqual([
    `PATCH ${now}`,
    `PATCH ${now}/status`,
    'PATCH orders',
    'PATCH platform',
    `DELETE ${before}`,
  ]);
});

it('waits for the root if the commit changes its folder, and says so', async () => {
  const { world, running } = await published();
  const metrics = async () => (await fetch(`http://127.0.0.1:${running.ports.probes}/metrics`)).text();
  await world.commit(two, { ...changed, 'flux-sync': { 'kustomization-orders.yaml': 'another order' } });
  await expect.poll(metrics, soon).toMatch(/^folder_artifacts_behind 1$/m);
  expect(world.writes).toEqual([]);
  world.root(two);
  await expect.poll(() => publishedOf(world), soon).toBe(`main@sha1:${two}`);
  await expect.poll(metrics, soon).toMatch(/^folder_artifacts_behind 0$/m);
});

it('does not wait for a suspended root', async () => {
  const { world } = await published();
  world.root(one, true);
  await world.commit(two, { ...changed, 'flux-sync': { 'kustomization-orders.yaml': 'another order' } });
  await expect.poll(() => publishedOf(world), soon).toBe(`main@sha1:${two}`);
});

it('still serves the archive before, which Flux may be about to fetch', async () => {
  const { world } = await published();
  const before = world.artifactOf('orders')?.status?.artifact?.url ?? '';
  await world.commit(two, changed);
  await expect.poll(() => world.writes.at(-1), soon).toMatch(/^DELETE orders-/);
  expect(world.artifactOf('orders')?.status?.artifact?.url).not.toBe(before);
  expect((await fetch(before)).status).toBe(200);
  expect((await fetch(new URL('/none.tar.gz', before))).status).toBe(404);
});

it('makes the artifact of a Kustomization that comes later, and removes that of one that goes', async () => {
  const { world } = await published();
  world.describe('flux-sync');
  await expect.poll(() => world.artifactOf('flux-sync')?.status?.artifact, soon).toBeDefined();
  const { name } = world.artifactOf('traefik')?.metadata ?? {};
  world.removeKustomization('traefik');
  await expect.poll(() => world.artifact(name ?? ''), soon).toBeUndefined();
});

it('makes the same archives after a start, and is not ready before it has them', async () => {
  const { world, running } = await published();
  const before = world.artifactOf('orders')?.status?.artifact;
  await running.stop();
  const again = await world.program();
  const ready = async () => (await fetch(`http://127.0.0.1:${again.ports.probes}/readyz`)).status;
  await expect.poll(ready, soon).toBe(200);
  expect(world.artifactOf('orders')?.status?.artifact?.digest).toBe(before?.digest);
  const empty = await (await ArtifactsWorld.start()).program();
  expect((await fetch(`http://127.0.0.1:${empty.ports.probes}/readyz`)).status).toBe(503);
});

it('tries again when the API server refuses, and publishes nothing of an archive with another digest', async () => {
  const { world } = await published();
  await world.commit(two, changed, `sha256:${'0'.repeat(64)}`);
  await expect.poll(() => world.said.join('\n'), soon).toContain('has the digest');
  expect(world.writes).toEqual([]);
  world.refusals.push(500, 409);
  await world.commit(two, changed);
  await expect.poll(() => publishedOf(world), soon).toBe(`main@sha1:${two}`);
  expect(world.said.join('\n')).toContain('the API server answered 409');
});

it('may read the sources of Flux and write artifacts, and talks to nothing else', () => {
  const rendered = chart(environment());
  const rules = listField(find(rendered, 'Role', 'folder-artifacts'), 'rules');
  expect(rules.map((rule) => `${field(rule, 'resources')} ${field(rule, 'verbs')}`)).toEqual([
    'gitrepositories get,list,watch',
    'kustomizations get,list,watch,patch',
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
