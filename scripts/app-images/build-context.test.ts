import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished } from 'vitest';
import { imageHash } from '../../model/reading/image-hash.ts';
import { RepositoryFiles } from '../../model/reading/repository-files.ts';
import { buildArguments } from './app-images.ts';
import { withBuildContext } from './build-context.ts';

let root = '';
const tag = () => imageHash(new RepositoryFiles(root), 'apps/shop');

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-context-'));
  const put = (path: string, text: string) => writeFileSync(join(root, path), text);
  mkdirSync(join(root, 'apps/shop/src'), { recursive: true });
  put('.gitignore', '*.log\n');
  put('apps/shop/Dockerfile', 'FROM scratch\r\n');
  put('apps/shop/app.ts', 'export default {};');
  put('apps/shop/src/run', '#!/bin/sh\n');
  chmodSync(join(root, 'apps/shop/src/run'), 0o700);
  for (const left of ['src/run.test.ts', '.DS_Store', 'debug.log']) put(`apps/shop/${left}`, left);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it('gives a build exactly the files of the tag, and removes them afterwards', async () => {
  const umask = process.umask(0o077);
  onTestFinished(() => void process.umask(umask));
  const context = await withBuildContext(
    { root, folder: 'apps/shop', entry: undefined, tag: tag() },
    async (context) => {
      expect(readdirSync(context, { recursive: true }).sort()).toEqual(['Dockerfile', 'src', 'src/run']);
      expect(readFileSync(join(context, 'Dockerfile'), 'utf8')).toBe('FROM scratch\n');
      const modes = ['Dockerfile', 'src', 'src/run'].map(
        (path) => statSync(join(context, path)).mode & 0o777,
      );
      expect(modes).toEqual([0o644, 0o755, 0o755]);
      return context;
    },
  );
  expect(() => statSync(context)).toThrow('ENOENT');
});

it('refuses to build changed files under the old tag', async () => {
  const before = tag();
  writeFileSync(join(root, 'apps/shop/src/new'), '');
  const input = { root, folder: 'apps/shop', entry: undefined, tag: before };
  await expect(withBuildContext(input, async () => 'built')).rejects.toThrow('apps/shop has changed');
});

it('refuses to build with other arguments than those of the tag, and passes each argument unchanged', async () => {
  const buildArgs = { VERSION: '1.2', WORDS: 'a b; $(c)' };
  const input = { root, folder: 'apps/shop', entry: undefined, buildArgs };
  await expect(withBuildContext({ ...input, tag: tag() }, async () => 'built')).rejects.toThrow(
    'has changed',
  );
  const own = imageHash(new RepositoryFiles(root), 'apps/shop', undefined, buildArgs);
  expect(await withBuildContext({ ...input, tag: own }, async () => 'built')).toBe('built');
  expect(buildArguments(buildArgs)).toEqual(['--build-arg', 'VERSION=1.2', '--build-arg', 'WORDS=a b; $(c)']);
});
