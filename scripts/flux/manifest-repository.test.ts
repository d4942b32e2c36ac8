import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { servedFolder } from '../../test/delivery/served-folder.ts';
import { type ManifestRepository, pushManifests } from './manifest-repository.ts';

let folder = '';
let remote = '';
let repository: ManifestRepository;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-manifests-'));
  remote = join(folder, 'platform.git');
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  repository = { serve: servedFolder(remote), gitDir: join(folder, 'manifests.git') };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const push = (texts: Record<string, string>, leave: string[] = []) =>
  pushManifests(repository, {
    root: folder,
    environment: 'dev',
    manifests: new Map(Object.entries(texts).map(([path, text]) => [`manifests/dev/${path}`, text])),
    message: 'Deploy',
    leave: leave.map((path) => `manifests/dev/${path}`),
  });

const held = (path: string) =>
  execFileSync('git', ['-C', remote, 'show', `main:manifests/dev/${path}`], { encoding: 'utf8' });

it('reports the changed files of a commit, and makes none without changes', async () => {
  const first = await push({ 'orders/a.yaml': '1', 'jobs/a.yaml': '1' });
  expect(first.paths.sort()).toEqual(['manifests/dev/jobs/a.yaml', 'manifests/dev/orders/a.yaml']);
  const second = await push({ 'orders/a.yaml': '2', 'jobs/a.yaml': '1' });
  expect(second).toMatchObject({ changed: true, paths: ['manifests/dev/orders/a.yaml'], left: [] });
  const third = await push({ 'orders/a.yaml': '2', 'jobs/a.yaml': '1' });
  expect(third).toEqual({ changed: false, commit: second.commit, paths: [], left: [] });
});

it('keeps every text byte by byte, and recognises it again', async () => {
  execFileSync('git', ['-C', folder, 'init', '--quiet']);
  execFileSync('git', ['-C', folder, 'config', 'user.name', 'Ada <L>']);
  execFileSync('git', ['-C', folder, 'config', 'core.autocrlf', 'input']);
  const texts = { 'a.yaml': '', 'b.yaml': 'größe: "5€"', 'c.yaml': 'a\r\nb\n\n', 'd.yaml': 'data 3\nabc' };
  const first = await push(texts);
  for (const [path, text] of Object.entries(texts)) expect(held(path)).toBe(text);
  expect(await push(texts)).toMatchObject({ changed: false, commit: first.commit });
  const author = ['-C', remote, 'log', '-1', '--format=%an', 'main'];
  expect(execFileSync('git', author, { encoding: 'utf8' })).toBe('Ada L\n');
});

it('leaves the given folders and files unchanged, also removed ones, and lists them', async () => {
  await push({ 'orders/a.yaml': '1', 'jobs/a.yaml': '1', 'jobs/b.yaml': '1', 'flux-sync/jobs.yaml': '1' });
  const pushed = await push({ 'orders/a.yaml': '2', 'jobs/a.yaml': '2', 'flux-sync/jobs.yaml': '2' }, [
    'jobs',
    'flux-sync/jobs.yaml',
    'never-there',
  ]);
  expect(pushed.paths).toEqual(['manifests/dev/orders/a.yaml']);
  expect(pushed.left.sort()).toEqual(
    ['flux-sync/jobs.yaml', 'jobs/a.yaml', 'jobs/b.yaml'].map((path) => `manifests/dev/${path}`),
  );
  for (const path of ['jobs/a.yaml', 'jobs/b.yaml', 'flux-sync/jobs.yaml']) expect(held(path)).toBe('1');
  expect(held('orders/a.yaml')).toBe('2');
});

/** Somebody else's commit on the branch, which adds a file. */
function others(path: string): void {
  const clone = join(folder, `clone-${path}`);
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', clone, '-c', 'user.name=b', '-c', 'user.email=b', ...args]);
  execFileSync('git', ['clone', '--quiet', remote, clone]);
  execFileSync('touch', [join(clone, path)]);
  git('add', path);
  git('commit', '--quiet', '-m', 'Theirs');
  git('push', '--quiet', 'origin', 'main');
}

it('keeps concurrent pushes, with and without own changes', async () => {
  await push({ 'orders/a.yaml': '1' });
  others('theirs');
  const second = await push({ 'orders/a.yaml': '2' });
  expect(second).toMatchObject({ changed: true, paths: ['manifests/dev/orders/a.yaml'] });
  others('theirs-too');
  const third = await push({ 'orders/a.yaml': '2' });
  const tip = execFileSync('git', ['-C', remote, 'rev-parse', 'main'], {
    encoding: 'utf8',
  }).trim();
  expect(third).toMatchObject({ changed: false, commit: tip });
  const files = execFileSync('git', ['-C', remote, 'ls-tree', '--name-only', 'main'], {
    encoding: 'utf8',
  });
  expect(files.split('\n')).toEqual(['manifests', 'theirs', 'theirs-too', '']);
});

it('starts again in a recreated repository', async () => {
  await push({ 'orders/a.yaml': '1' });
  rmSync(remote, { recursive: true });
  execFileSync('git', ['init', '--quiet', '--bare', '--initial-branch=main', remote]);
  await push({ 'orders/a.yaml': '2' });
  expect(execFileSync('git', ['-C', remote, 'rev-list', '--count', 'main'], { encoding: 'utf8' })).toBe(
    '1\n',
  );
});

it('says why the Git server does not answer', async () => {
  repository.serve = async () => {
    throw new Error('no pod of git-server is ready in dev.');
  };
  await expect(push({ 'orders/a.yaml': '1' })).rejects.toThrow('no pod of git-server is ready in dev.');
});
