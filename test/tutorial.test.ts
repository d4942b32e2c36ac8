import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bundle } from '../scripts/app-images/bundle.ts';
import { renderAll } from '../scripts/render/render.ts';
import { readTutorial } from './tutorial.ts';
import { typeErrors, withTutorial } from './tutorial-repository.ts';

const tutorial = readTutorial(join(import.meta.dirname, '..'));
const { files, commands } = tutorial;

const withNotes = <T>(use: (folder: string) => Promise<T>) =>
  withTutorial(tutorial, 'notes', 'apps: { notes: }', use);

test('the tutorial names every file of its app and every command that leads to it', () => {
  expect([...files.keys()].sort()).toEqual([
    'apps/notes/Dockerfile',
    'apps/notes/app.ts',
    'apps/notes/migrations/001-notes.sql',
    'apps/notes/migrations/Dockerfile',
    'apps/notes/migrations/migrate.ts',
    'apps/notes/package.json',
    'apps/notes/src/server.ts',
  ]);
  expect(commands.filter((line) => line.startsWith('npm'))).toEqual([
    'npm ci',
    'npm run init-cluster',
    'npm run new -- app notes --kind server',
    'npm install',
    'npm run explain -- notes',
    'npm run deploy',
    'npm run init-cluster -- --down',
  ]);
});

test('the app of the tutorial renders with a database, a client certificate and a route', async () => {
  await withNotes(async (folder) => {
    const { files: manifests } = await renderAll(folder);
    const paths = [...manifests.keys()];
    for (const path of [
      'manifests/dev/notes/deployment-notes.yaml',
      'manifests/dev/notes/httproute-notes.yaml',
      'manifests/dev/notes-db/cluster-notes-db.yaml',
    ]) {
      expect(paths).toContain(path);
    }
    expect(manifests.get('manifests/dev/notes/deployment-notes.yaml')).toContain('PGSSLCERT');
  });
});

test('the programs of the tutorial have no type errors and become bundles', async () => {
  await withNotes(async (folder) => {
    expect(await typeErrors(folder, 'notes')).toBe('');
    await bundle({ root: folder, folder: 'apps/notes', entry: 'src/server.ts' });
    await bundle({ root: folder, folder: 'apps/notes/migrations', entry: 'migrate.ts' });
    for (const program of ['dist/server.mjs', 'migrations/dist/migrate.mjs'])
      expect(existsSync(join(folder, 'apps/notes', program))).toBe(true);
  });
}, 120_000);
