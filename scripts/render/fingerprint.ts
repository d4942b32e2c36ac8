import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** The lock file of installed npm packages. */
const packages = ['package-lock.json', 'node_modules/.package-lock.json'];

/** Folders of the render's code, from the root of the repository that contains this file. */
const code = ['charts', 'images/lock', 'model', 'operators', 'scripts/render', 'scripts/helm', ...packages];

/** Folders of descriptions and their common imports, from the root of the rendered repository. */
const descriptions = ['apps', 'clusters', 'operators', 'model', 'images/lock.yaml', ...packages];

/** Files of the code that do not affect manifests: tests and golden files. */
const tests = /^(?:golden|fixtures|.*\.test\.ts)$/;

/** Folders of descriptions that are skipped, because the lock file determines their content. */
const installed = /^node_modules$/;

/** A hash of the program: its code, its packages and Node. */
export function codeHash(): string {
  return hashOf(join(import.meta.dirname, '../..'), code, tests);
}

/**
 * A hash of all descriptions in the repository at `root`. The render reports further inputs: other imports of descriptions, and
 * files of images.
 */
export function descriptionHash(root: string): string {
  return hashOf(root, descriptions, installed);
}

/** Identifies the committed manifests, an input of the render, which refuses to lose their data. */
export function committedTree(root: string): string {
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD:./manifests'];
  // Null without Git.
  const { stdout }: { stdout: string | null } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

/** Follows symbolic links, like the render. */
function hashOf(root: string, paths: readonly string[], passedOver: RegExp): string {
  const hash = createHash('sha256').update(process.version);
  const add = (path: string, content: Buffer | string) => {
    hash.update(`${path}\0${content.length}\0`).update(content);
  };
  const walk = (path: string, above: readonly string[]) => {
    const place = join(root, path);
    try {
      const status = statSync(place, { throwIfNoEntry: false });
      if (status?.isDirectory() !== true) add(path, contentOf(place, status));
      else {
        const real = realpathSync(place);
        const names = above.includes(real) ? [] : readdirSync(place).filter((name) => !passedOver.test(name));
        for (const name of names.sort()) walk(`${path}/${name}`, [...above, real]);
      }
    } catch (error) {
      // The reading for the render says why.
      add(path, String(error));
    }
  };
  for (const path of paths) walk(path, []);
  return hash.digest('hex');
}

function contentOf(place: string, status: Stats | undefined): Buffer | string {
  return status?.isFile() === true ? readFileSync(place) : `${status === undefined ? 'no' : 'another'} file`;
}
