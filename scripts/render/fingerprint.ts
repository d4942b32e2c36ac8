import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { join } from 'node:path';

/** What npm installed, for imports of packages. */
const packages = ['package-lock.json', 'node_modules/.package-lock.json'];

/** The code that makes manifests, from the root of the repository that holds this file. */
const code = ['charts', 'model', 'operators', 'scripts/render', 'scripts/helm', ...packages];

/** Everything that people write, and what all descriptions import, from the root of the repository that is rendered. */
const descriptions = ['apps', 'clusters', 'operators', 'model', 'images/lock.yaml', ...packages];

/** Of the code what decides nothing: tests, and what they compare with. */
const tests = /^(?:golden|fixtures|.*\.test\.ts)$/;

/** Of the descriptions: the lock file says what is in there. An app may have any other name. */
const installed = /^node_modules$/;

/** A hash of the program: its code, its packages and Node. */
export function codeHash(): string {
  return hashOf(join(import.meta.dirname, '../..'), code, tests);
}

/**
 * A hash of all that people write where descriptions are looked for in the repository at `root`. What descriptions import
 * from elsewhere, and what goes into images, is told by the render.
 */
export function descriptionHash(root: string): string {
  return hashOf(root, descriptions, installed);
}

/** What tells one state of the committed manifests from another: a render refuses to lose the data that they describe. */
export function committedTree(root: string): string {
  const args = ['rev-parse', '--verify', '--quiet', 'HEAD:./manifests'];
  // Null where there is no Git.
  const { stdout }: { stdout: string | null } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

/** Links are followed, as by those who read. */
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
