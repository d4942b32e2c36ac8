import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseRecipe, rootKey } from '../debian/root-filesystem.ts';
import { imageRoot } from '../debian/suite.ts';
import { containerPlatform } from '../engine/platform.ts';
import { recipeOf } from '../go/recipe.ts';
import type { Lock, LockImage } from '../lock/schema.ts';
import { folderEntries } from '../oci/folder-entries.ts';
import { filesFolder, npmFolder } from './folders.ts';

/** Increase this when the same description gives another image. */
const generation = 1;

/** Sixteen characters that change with every input of an image's content. Fast: it builds nothing. */
export function imageKey(lock: Lock, image: LockImage): string {
  const { build } = image;
  const hash = createHash('sha256').update(JSON.stringify([generation, containerPlatform(), image]));
  if (build === undefined) return hash.digest('hex').slice(0, 16);
  for (const executable of Object.values(build.binaries)) hash.update(recipeOf(lock, executable).key);
  for (const file of Object.values(build.npm)) hash.update(npmVersion(file));
  const root = imageRoot(lock, build);
  if (root !== undefined) for (const recipe of [baseRecipe(root.suite), root]) hash.update(rootKey(recipe));
  if (build.files !== undefined) {
    for (const entry of folderEntries(join(filesFolder, build.files))) hash.update(JSON.stringify(entry));
  }
  return hash.digest('hex').slice(0, 16);
}

/** The version of the npm package that a file of node_modules belongs to. */
function npmVersion(file: string): string {
  const depth = file.startsWith('@') ? 2 : 1;
  const description = join(npmFolder, ...file.split('/').slice(0, depth), 'package.json');
  return /"version": *"([^"]+)"/.exec(readFileSync(description, 'utf8'))?.[1] ?? '';
}
