import { generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { parseDocument } from 'yaml';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { headManifest } from '../../images/oci/index.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { builtImages } from '../../scripts/app-images/app-images.ts';
import { gitIn } from '../../scripts/delivery/git.ts';
import { readPublished } from '../../scripts/delivery/images-file.ts';
import { predicateBy } from '../../scripts/signing/attestation.ts';
import { readProofs } from '../../scripts/signing/proof-layers.ts';
import { billType } from '../../scripts/supply-chain/image-bill.ts';
import { fileOf, packImage } from '../registries/packed-image.ts';
import { TestRegistry } from './registry.ts';

/*
 * One story, with the commands as people type them: a copy of this repository, a Git repository that holds the manifests, and
 * a registry for each environment. No engine: the images are in the folder of the mirror registry, as if they had been built.
 */

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const repository = join(import.meta.dirname, '../..');
const url = 'https://git.example.org/platform/plinth.git';
const installed = 'Package: libc6\nStatus: install ok installed\nVersion: 2.41-12\nArchitecture: amd64\n';
let folder = '';
let root = '';
let bare = '';
let staging: TestRegistry;
let prod: TestRegistry;
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });

beforeAll(async () => {
  const program = await ensureProgram('registry', () => {});
  folder = mkdtempSync(join(tmpdir(), 'plinth-story-'));
  [root, bare] = [join(folder, 'checkout'), join(folder, 'manifests.git')];
  [staging, prod] = [await TestRegistry.start(program), await TestRegistry.start(program)];
  const settings = `[user]\n\tname = Ann\n\temail = ann@example.org\n[url "${bare}"]\n\tinsteadOf = ${url}\n`;
  writeFileSync(join(folder, 'gitconfig'), settings);
  vi.stubEnv('GIT_CONFIG_GLOBAL', join(folder, 'gitconfig'));
  vi.stubEnv('PLINTH_CACHE', join(folder, 'cache'));
  vi.stubEnv('PLINTH_STATE', join(folder, 'state'));
  vi.stubEnv('DOCKER_CONFIG', folder);
  vi.stubEnv('REGISTRY_AUTH_FILE', join(folder, 'auth.json'));
  const registries = { 'registry.staging.example.org': staging.url, 'registry.example.org': prod.url };
  const table = Object.entries(registries).map(([host, at]) => `${host}=${at}`);
  vi.stubEnv('PLINTH_PUBLISH_REGISTRY', table.join(','));
  const listed = await gitIn(repository)(['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  for (const path of listed.split('\0').filter((path) => path !== '')) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(repository, path), join(root, path), { force: true, verbatimSymlinks: true });
  }
  symlinkSync(join(repository, 'node_modules'), join(root, 'node_modules'));
  writeFileSync(join(folder, 'signing.key'), privateKey.export({ type: 'sec1', format: 'pem' }));
  vi.stubEnv('PLINTH_SIGNING_KEY', join(folder, 'signing.key'));
  for (const environment of ['staging', 'prod']) signedBy(environment, publicKey);
  await gitIn(folder)(['init', '--quiet', '--bare', '--initial-branch=main', bare]);
  await gitIn(root)(['init', '--quiet', '--initial-branch=main']);
  // It is a link here, which .gitignore does not mean.
  writeFileSync(join(root, '.git/info/exclude'), 'node_modules\n');
  await commit('Begin');
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([staging?.stop(), prod?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

/** Makes an environment ask for signatures by a key. */
function signedBy(environment: string, key: KeyObject): void {
  const file = join(root, 'clusters', environment, 'cluster.yaml');
  const document = parseDocument(readFileSync(file, 'utf8'));
  document.setIn(['registry', 'signedBy'], [key.export({ type: 'spki', format: 'pem' }).toString()]);
  writeFileSync(file, document.toString());
}

async function commit(message: string): Promise<string> {
  const git = gitIn(root);
  await git(['add', '--all']);
  await git(['commit', '--quiet', '-m', message]);
  return (await git(['rev-parse', 'HEAD'])).trim();
}

/** Puts images for what the apps' files are now where a build would. */
async function build(): Promise<void> {
  const { environments } = await loadGraph(root);
  for (const environment of environments.filter(({ name }) => name === 'staging'))
    for (const { kept } of builtImages(environment)) {
      if (kept.store.manifest(kept.path, kept.tag) !== undefined) continue;
      await packImage(kept, [[fileOf('var/lib/dpkg/status', installed), fileOf('app/noise', randomUUID())]]);
    }
}

async function run(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const { exitCode = 1, stdout, stderr } = await execa(process.execPath, args, { cwd: root, reject: false });
  return { exitCode, stdout, stderr };
}

async function runWell(...args: string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(...args);
  expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
  return stdout;
}

/** Package URLs in the signed bill of materials of the image `orders` in a registry. */
async function packagesIn(registry: TestRegistry, digest: string): Promise<string[]> {
  const layers = await readProofs({ url: registry.url, path: 'orders' }, signatureTags(digest).attestations);
  const found = layers.map((each) => predicateBy(each, { digest, predicateType: billType }, [publicKey]));
  const { components } = z
    .object({ components: z.array(z.object({ purl: z.string() })) })
    .parse(found.find((each) => each !== undefined));
  return components.map(({ purl }) => purl);
}

const show = (what: string) => gitIn(bare)(['show', what]);
const images = async (environment: string, at = 'main') =>
  readPublished(environment, await show(`${at}:clusters/${environment}/images.yaml`));
const count = async () => Number(await gitIn(bare)(['rev-list', '--count', 'main']));
const deployment = (environment: string) =>
  show(`main:manifests/${environment}/orders/deployment-orders.yaml`);
const change = (text: string) => {
  const path = join(root, 'apps/orders/src/server.ts');
  writeFileSync(path, `${readFileSync(path, 'utf8')}// ${text}\n`);
};

it('publish refuses what is not committed', async () => {
  change('half a thought');
  const { exitCode, stderr } = await run('scripts/publish.ts', 'staging');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('apps/orders/src/server.ts: not committed');
  await gitIn(root)(['checkout', '--quiet', '.']);
});

it('publish --dry-run says what would move, and changes nothing', async () => {
  const said = await runWell('scripts/publish.ts', 'staging', '--dry-run', '--json');
  expect(said).toContain('"step": "moves"');
  await expect(gitIn(bare)(['rev-parse', '--verify', 'main'])).rejects.toThrow();
});

it('publish --manifests-only makes the first commit before there is a registry: no app has a version yet', async () => {
  const nowhere = 'registry.staging.example.org=http://127.0.0.1:1';
  const { exitCode, stderr } = await execa(
    process.execPath,
    ['scripts/publish.ts', 'staging', '--manifests-only'],
    { cwd: root, reject: false, env: { PLINTH_PUBLISH_REGISTRY: nowhere, PLINTH_SIGNING_KEY: '' } },
  );
  expect(exitCode, stderr).toBe(0);
  expect(await images('staging')).toEqual({
    source: (await gitIn(root)(['rev-parse', 'HEAD'])).trim(),
    apps: {},
  });
  await show('main:manifests/staging/flux-sync/kustomization-platform.yaml');
  expect(await deployment('staging')).toMatch(/image: registry\.staging\.example\.org\/orders:\w+\n/);
  expect(await count()).toBe(1);
});

it('publish refuses an environment that asks for signatures without a key, before it builds or pushes', async () => {
  const { exitCode, stderr } = await execa(process.execPath, ['scripts/publish.ts', 'staging'], {
    cwd: root,
    reject: false,
    env: { PLINTH_SIGNING_KEY: '' },
  });
  expect(exitCode).toBe(1);
  expect(stderr).toContain('and PLINTH_SIGNING_KEY is not set');
  expect(await count()).toBe(1);
});

it('publish pushes the images, signs them, then makes one commit that names them by digest', async () => {
  await build();
  await runWell('scripts/publish.ts', 'staging');
  const published = await images('staging');
  const orders = published?.apps.orders?.image;
  expect(published?.source).toBe((await gitIn(root)(['rev-parse', 'HEAD'])).trim());
  expect(await deployment('staging')).toContain(
    `image: registry.staging.example.org/orders:${orders?.tag}@${orders?.digest}`,
  );
  for (const [app, { image, migrations }] of Object.entries(published?.apps ?? {})) {
    for (const [path, each] of [
      [app, image],
      [`${app}-migrations`, migrations],
    ] as const)
      if (each !== undefined) {
        expect(await headManifest({ url: staging.url, path }, each.digest)).toBe(each.digest);
        for (const tag of Object.values(signatureTags(each.digest)))
          expect(await headManifest({ url: staging.url, path }, tag)).toMatch(/^sha256:/);
      }
  }
  expect(await packagesIn(staging, orders?.digest ?? '')).toEqual(
    expect.arrayContaining([
      'pkg:deb/debian/libc6@2.41-12?arch=amd64',
      expect.stringMatching(/^pkg:npm\/pg@/),
    ]),
  );
  expect(await gitIn(bare)(['log', '-1', '--format=%B', 'main'])).toMatch(
    /^Source-Author: Ann <ann@example\.org>$/m,
  );
});

it('publish does nothing where all is there', async () => {
  await runWell('scripts/publish.ts', 'staging');
  expect(await count()).toBe(2);
});

it('publish --app moves that app alone', async () => {
  change('a new version');
  writeFileSync(join(root, 'apps/home/src/new.css'), 'a { color: red }\n');
  await commit('Version 2');
  await build();
  const before = await images('staging');
  await runWell('scripts/publish.ts', 'staging', '--app', 'orders');
  const after = await images('staging');
  expect(after?.apps.home).toEqual(before?.apps.home);
  expect(after?.apps.orders?.before[0]?.image).toEqual(before?.apps.orders?.image);
  expect(await count()).toBe(3);
});

it('notes name the versions of the last publication, and the commits between them', async () => {
  const { image, before } = (await images('staging'))?.apps.orders ?? {};
  const said = await runWell('scripts/notes.ts', 'staging');
  expect(said).toContain(`## orders: from ${before?.[0]?.image?.tag} `);
  expect(said).toMatch(new RegExp(` to ${image?.tag} \\(.*\\)\n\n- Version 2 \\(Ann, `));
  expect(said).not.toContain('## home');
});

it('publish refuses sources from before those that were published', async () => {
  await gitIn(root)(['checkout', '--quiet', 'HEAD~1']);
  const { exitCode, stderr } = await run('scripts/publish.ts', 'staging');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('does not follow from it');
  await gitIn(root)(['checkout', '--quiet', 'main']);
});

it('promote refuses an image that no key of the other environment has signed, and copies nothing', async () => {
  signedBy('prod', generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).publicKey);
  const { exitCode, stderr } = await run('scripts/promote.ts', 'orders', 'staging', 'prod');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('none by a key of the environment for this image');
  const digest = (await images('staging'))?.apps.orders?.image?.digest ?? '';
  expect(await headManifest({ url: prod.url, path: 'orders' }, digest)).toBeUndefined();
  await gitIn(root)(['checkout', '--quiet', '.']);
});

it('promote copies the images with their signatures, and offers a branch that names the same digest', async () => {
  const said = await runWell('scripts/promote.ts', 'orders', 'staging', 'prod');
  const orders = (await images('staging'))?.apps.orders;
  const branch = `promote/orders/prod/${orders?.image?.digest.slice(7, 19)}`;
  expect(said).toContain(`git fetch ${url} ${branch}`);
  expect((await images('prod', branch))?.apps.orders?.image).toEqual(orders?.image);
  const digest = orders?.image?.digest ?? '';
  expect(await headManifest({ url: prod.url, path: 'orders' }, digest)).toBe(digest);
  for (const tag of Object.values(signatureTags(digest)))
    expect(await headManifest({ url: prod.url, path: 'orders' }, tag)).toMatch(/^sha256:/);
  expect(await packagesIn(prod, digest)).toEqual(await packagesIn(staging, digest));
  expect(await count()).toBe(3);
});

it('a promotion of a newer digest takes the branch of the older one away', async () => {
  change('a newer version');
  await commit('Version 3');
  await build();
  await runWell('scripts/publish.ts', 'staging', '--app', 'orders');
  expect(await runWell('scripts/promote.ts', 'orders', 'staging', 'prod')).toContain(
    'is superseded: deleted',
  );
  const branches = (await gitIn(bare)(['branch', '--list', 'promote/*', '--format=%(refname:short)'])).trim();
  expect(branches.split('\n')).toHaveLength(1);
  await gitIn(bare)(['update-ref', 'refs/heads/main', branches]);
  expect(await deployment('prod')).toContain((await images('prod'))?.apps.orders?.image?.digest);
});

it('rollback goes back to the version before, and holds it', async () => {
  const before = (await images('staging'))?.apps.orders;
  await runWell('scripts/rollback.ts', 'orders', '--env', 'staging');
  const after = (await images('staging'))?.apps.orders;
  expect(after?.image).toEqual(before?.before[0]?.image);
  expect(await deployment('staging')).toContain(after?.image?.digest);
  expect(after?.hold?.by).toBe('Ann <ann@example.org>');
});

it('promote refuses an app that a roll-back holds in the other environment, until --release-hold', async () => {
  const git = gitIn(bare);
  const file = parseDocument(await show('main:clusters/prod/images.yaml'));
  const digest = `sha256:${'9'.repeat(64)}`;
  const left = [{ image: { tag: 'left', digest, source: 'a'.repeat(40) } }];
  file.setIn(['apps', 'orders', 'hold'], { left, by: 'Eve' });
  const blob = (await git(['hash-object', '-w', '--stdin'], { input: file.toString() })).trim();
  const index = gitIn(bare, { env: { GIT_INDEX_FILE: join(folder, 'index') } });
  await index(['read-tree', 'main']);
  await index(['update-index', '--cacheinfo', `100644,${blob},clusters/prod/images.yaml`]);
  const tree = (await index(['write-tree'])).trim();
  const held = (await git(['commit-tree', tree, '-p', 'main', '-m', 'Hold'])).trim();
  await git(['update-ref', 'refs/heads/main', held]);
  const { exitCode, stderr } = await run('scripts/promote.ts', 'orders', 'staging', 'prod');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('orders is held in prod: Eve rolled it back from left');
  await runWell('scripts/promote.ts', 'orders', 'staging', 'prod', '--release-hold', '--dry-run');
  expect((await git(['rev-parse', 'main'])).trim()).toBe(held);
});

it('publish leaves an app that is held where it is, and refuses it by name', async () => {
  const held = (await images('staging'))?.apps.orders;
  await runWell('scripts/publish.ts', 'staging');
  expect((await images('staging'))?.apps.orders).toEqual(held);
  const { exitCode, stderr } = await run('scripts/publish.ts', 'staging', '--app', 'orders');
  expect(exitCode).toBe(1);
  expect(stderr).toContain('orders is held in staging: Ann <ann@example.org> rolled it back');
});

it('publish --release-hold brings the new version back, and knows all that ran', async () => {
  await runWell('scripts/publish.ts', 'staging', '--app', 'orders', '--release-hold');
  const orders = (await images('staging'))?.apps.orders;
  expect(orders?.hold).toBeUndefined();
  expect(orders?.before).toHaveLength(2);
});

it('promote goes on with a repository of both environments that was rewritten by force, with --accept-rewritten', async () => {
  const git = gitIn(bare);
  const head = (await git(['rev-parse', 'main'])).trim();
  const rewritten = (await git(['commit-tree', 'main^{tree}', '-p', 'main~1', '-m', 'Rewritten'])).trim();
  await git(['update-ref', 'refs/heads/main', rewritten]);
  const promote = ['scripts/promote.ts', 'orders', 'staging', 'prod', '--release-hold', '--dry-run'];
  const { exitCode, stderr } = await run(...promote);
  expect(exitCode).toBe(1);
  expect(stderr).toContain('was rewritten');
  await runWell(...promote, '--accept-rewritten');
  await git(['update-ref', 'refs/heads/main', head]);
  await runWell('scripts/preview.ts', 'list', 'staging', '--accept-rewritten');
  await runWell('scripts/notes.ts', 'prod', '--accept-rewritten');
});

it('previews of two pull requests run beside what staging runs, which stays, and go when they are closed', async () => {
  const preview = (...args: string[]) => runWell('scripts/preview.ts', ...args);
  // The line of cluster.yaml alone changes no image and no manifest; what runs must know it nevertheless.
  const cluster = join(root, 'clusters/staging/cluster.yaml');
  writeFileSync(
    cluster,
    readFileSync(cluster, 'utf8').replace('\napps:\n', '\npreviews: { max: 2 }\napps:\n'),
  );
  const source = await commit('Previews in staging');
  await runWell('scripts/publish.ts', 'staging');
  expect((await images('staging'))?.source).toBe(source);
  const commits = await count();
  writeFileSync(join(root, 'NOTES.md'), 'What no render reads.\n');
  await commit('Notes');
  await runWell('scripts/publish.ts', 'staging');
  expect(await count()).toBe(commits);
  const before = await deployment('staging');
  for (const request of ['7', '12']) {
    await gitIn(root)(['checkout', '--quiet', '-b', `request-${request}`, 'main']);
    change(`pull request ${request}`);
    await commit(`Request ${request}`);
    await build();
    expect(await preview('open', 'staging', '--pr', request)).toContain(
      `pr-${request}-orders: changed by the pull request`,
    );
  }
  const open = z
    .array(z.looseObject({ request: z.number(), apps: z.array(z.string()) }))
    .parse(JSON.parse(await preview('list', 'staging', '--json')));
  expect(open).toMatchObject([
    { request: 7, apps: ['orders'] },
    { request: 12, apps: ['orders'] },
  ]);
  const shown = await Promise.all(
    ['7', '12'].map((request) =>
      show(`main:manifests/staging/pr-${request}-orders/deployment-pr-${request}-orders.yaml`),
    ),
  );
  const digests = shown.map(
    (text) => /registry\.staging\.example\.org\/orders:\w+@(sha256:\w+)/.exec(text)?.[1] ?? '',
  );
  expect(new Set(digests).size).toBe(2);
  for (const digest of digests)
    expect(await headManifest({ url: staging.url, path: 'orders' }, digest)).toBe(digest);
  expect(await deployment('staging')).toBe(before);
  const third = await run('scripts/preview.ts', 'open', 'staging', '--pr', '13', '--app', 'orders');
  expect(third.exitCode).toBe(1);
  expect(third.stderr).toContain('previews.max of its cluster.yaml is 2');
  // A publication in between keeps the previews.
  await gitIn(root)(['checkout', '--quiet', 'main']);
  writeFileSync(join(root, 'apps/home/src/newer.css'), 'a { color: blue }\n');
  await commit('Version 4');
  await build();
  await runWell('scripts/publish.ts', 'staging');
  await show('main:manifests/staging/pr-7-orders/deployment-pr-7-orders.yaml');
  await preview('close', 'staging', '--pr', '7');
  await preview('close', 'staging', '--pr', '12');
  expect(await preview('close', 'staging', '--pr', '12')).toContain('has no preview in staging');
  expect(await gitIn(bare)(['ls-tree', '-r', '--name-only', 'main'])).not.toMatch(/pr-\d+-|previews\.yaml/);
});
