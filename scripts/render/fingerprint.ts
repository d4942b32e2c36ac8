import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** The code that makes manifests, from the root of the repository that holds this file. */
const code = ['charts', 'model', 'scripts/render', 'package-lock.json'];

/** Everything that people write, from the root of the repository that is rendered. */
const descriptions = ['apps', 'clusters', 'operators', 'images/lock.yaml', 'package-lock.json'];

/** Of the code what decides nothing: tests, and what they compare with. */
const tests = /^(?:golden|fixtures|.*\.test\.ts)$/;

/** Of the descriptions: the lock file says what is in there. An app may have any other name, and hidden files go into images. */
const installed = /^node_modules$/;

/** A hash of the program: its code, its packages and Node. */
export function codeHash(): string {
  return hashOf(join(import.meta.dirname, '../..'), code, tests);
}

/** A hash of all that can change what the repository at `root` comes to, but for the program. */
export function descriptionHash(root: string): string {
  return hashOf(root, descriptions, installed);
}

function hashOf(root: string, paths: readonly string[], passedOver: RegExp): string {
  const hash = createHash('sha256').update(process.version);
  const walk = (path: string) => {
    const place = join(root, path);
    const status = lstatSync(place, { throwIfNoEntry: false });
    if (status === undefined) hash.update(`${path}\0gone\0`);
    else if (status.isDirectory()) {
      const entries = readdirSync(place, { withFileTypes: true })
        .filter(({ name }) => !passedOver.test(name))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const entry of entries) {
        if (entry.isFile()) add(`${path}/${entry.name}`);
        else walk(`${path}/${entry.name}`);
      }
    } else if (status.isSymbolicLink()) hash.update(`${path}\0link ${readlinkSync(place)}\0`);
    else if (status.isFile()) add(path);
    else hash.update(`${path}\0neither file nor folder\0`);
  };
  const add = (path: string) => {
    try {
      const content = readFileSync(join(root, path));
      hash.update(`${path}\0${content.length}\0`).update(content);
    } catch (error) {
      // The reading for the render says why.
      hash.update(`${path}\0${String(error)}\0`);
    }
  };
  for (const path of paths) walk(path);
  return hash.digest('hex');
}
