import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withCacheLock } from '../../images/cache/index.ts';
import { cacheDir } from '../../images/cache/paths.ts';
import type { Report } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';

/**
 * The folder with the programs of Renovate: `renovate`, `renovate-config-validator`. npm installs it into the cache if it is missing, each
 * package by the checksum in ci/renovate/package-lock.json. No script of a package runs: Renovate then uses JavaScript's regular expressions in
 * place of RE2.
 *
 * @throws Failure if npm cannot install it.
 */
export async function renovateProgram(root: string, report: Report): Promise<string> {
  const source = join(root, 'ci/renovate');
  const lock = await readFile(join(source, 'package-lock.json'));
  const key = createHash('sha256').update(lock).digest('hex').slice(0, 16);
  const folder = join(cacheDir(), 'renovate', key);
  const complete = join(folder, 'complete');
  const done = async (): Promise<string | undefined> =>
    existsSync(complete) ? join(folder, 'node_modules/.bin') : undefined;
  return (
    (await done()) ??
    withCacheLock(`renovate-${key}`, { report, done }, async () => {
      report('installing Renovate');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      for (const file of ['package.json', 'package-lock.json'])
        await copyFile(join(source, file), join(folder, file));
      const args = ['ci', '--ignore-scripts', '--omit=optional', '--no-audit', '--no-fund'];
      const { failed, all } = await execa('npm', args, {
        cwd: folder,
        all: true,
        reject: false,
        stdin: 'ignore',
      });
      if (failed) {
        throw new Failure(
          `Renovate could not be installed: npm said\n${all.trim().split('\n').slice(-8).join('\n')}`,
          'See that npm reaches its registry, then type the same command again.',
        );
      }
      await writeFile(complete, '');
      return join(folder, 'node_modules/.bin');
    })
  );
}
