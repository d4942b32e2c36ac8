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
import { infoOf } from '../../test/images/engine-info.ts';
import { buildArguments } from './app-images.ts';
import { withBuildContext } from './build-context.ts';
import { checkBuildSecrets, secretArguments } from './build-secrets.ts';
import { buildKitOnly, checkBuilder } from './builder-features.ts';

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
    async ({ folder: context }) => {
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
  const own = imageHash(new RepositoryFiles(root), 'apps/shop', { buildArgs });
  expect(await withBuildContext({ ...input, tag: own }, async () => 'built')).toBe('built');
  expect(buildArguments(buildArgs)).toEqual(['--build-arg', 'VERSION=1.2', '--build-arg', 'WORDS=a b; $(c)']);
});

it('gives a build of a context above the folder what its Dockerfile copies, with the Dockerfile beside it', async () => {
  writeFileSync(join(root, 'apps/shop/Dockerfile'), 'FROM scratch\nCOPY packages/money apps/shop/src /x/\n');
  for (const name of ['money', 'time']) {
    mkdirSync(join(root, 'packages', name), { recursive: true });
    writeFileSync(join(root, 'packages', name, 'index.js'), name);
  }
  const input = { root, folder: 'apps/shop', entry: undefined, context: '.' };
  const tag = imageHash(new RepositoryFiles(root), 'apps/shop', { context: '.' });
  await withBuildContext({ ...input, tag }, async ({ folder, dockerfile }) => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true });
    const paths = files
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    expect(paths.map((path) => path.slice(folder.length + 1)).sort()).toEqual([
      'apps/shop/src/run',
      'packages/money/index.js',
    ]);
    expect(readFileSync(dockerfile, 'utf8')).toContain('COPY packages/money');
  });
});

it('asks for a secret of the build that is not set, and names it alone', () => {
  const env = { NPM_TOKEN: 'plinth-value', EMPTY: '' };
  expect(() => checkBuildSecrets('shop', ['NPM_TOKEN'], env)).not.toThrow();
  expect(() => checkBuildSecrets('shop', ['NPM_TOKEN', 'EMPTY', 'OTHER'], env)).toThrow(
    'the build of shop reads EMPTY and OTHER, which are not set here.',
  );
  expect(secretArguments(['NPM_TOKEN'])).toEqual(['--secret', 'id=NPM_TOKEN,env=NPM_TOKEN']);
});

it.each([
  ['RUN --mount=type=cache,target=/root/.cache pip install .', 'RUN --mount=type=cache,target=/root/.cache'],
  ['COPY --link a /a', 'COPY --link'],
  ['COPY --chmod=755 a /a', 'COPY --chmod=755'],
  ['RUN <<EOF\nmake\nEOF', 'RUN <<EOF'],
  ['COPY --chown=1 a /a\nRUN make << 2', undefined],
])('knows that the classic builder cannot do: %s', (step, found) => {
  const dockerfile = `FROM scratch\n${step}\n`;
  expect(buildKitOnly(dockerfile)).toBe(found);
  const engine = (buildx: boolean) => ({ info: { ...infoOf('Docker 29 on arm64'), buildx } });
  expect(() => checkBuilder(engine(true), 'apps/shop/Dockerfile', dockerfile)).not.toThrow();
  const classic = () => checkBuilder(engine(false), 'apps/shop/Dockerfile', dockerfile);
  if (found === undefined) expect(classic).not.toThrow();
  else expect(classic).toThrow(`apps/shop/Dockerfile says ${found}`);
});
