import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { renderAll } from '../scripts/render/render.ts';
import { type Edit, platformCluster, withPlatform } from './model/fixture.ts';
import { readTutorial } from './tutorial.ts';

const root = join(import.meta.dirname, '..');
const { files, commands } = readTutorial(root);

/** A repository with the platform, the kit and what the tutorial writes. */
function withNotes<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const edits: Edit[] = [
    ['clusters/dev/cluster.yaml', platformCluster('apps: { notes: }')],
    ...[...files].map(([file, text]): Edit => [file, text]),
  ];
  return withPlatform(edits, async (folder) => {
    cpSync(join(root, 'apps/kit'), join(folder, 'apps/kit'), { recursive: true });
    cpSync(join(root, 'package.json'), join(folder, 'package.json'));
    // As `npm install` would write it.
    const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
    lock.packages['apps/notes'] = JSON.parse(files.get('apps/notes/package.json') ?? '');
    writeFileSync(join(folder, 'package-lock.json'), JSON.stringify(lock));
    return use(folder);
  });
}

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
    // Below the root, so that types of packages are found as in a clone.
    writeFileSync(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        ...JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')),
        include: ['apps/notes/**/*.ts'],
      }),
    );
    const types = await execa('tsc', ['--noEmit', '--project', folder], {
      cwd: root,
      preferLocal: true,
      reject: false,
    });
    expect(types.stdout).toBe('');
    const programs = ['apps/notes/src/server.ts', 'apps/notes/migrations/migrate.ts'];
    const { outputFiles } = await build({
      entryPoints: programs.map((program) => join(folder, program)),
      bundle: true,
      platform: 'node',
      format: 'esm',
      write: false,
      outdir: folder,
      external: ['pg-native'],
    });
    expect(outputFiles).toHaveLength(2);
  });
});
