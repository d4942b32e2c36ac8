import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { goCaches, runGo } from './command.ts';
import type { Recipe } from './recipe.ts';

const answerSchema = z.object({ Dir: z.string() });

/**
 * The folder in which a recipe is built: its wrapper's folder or, if it replaces files of a module, a copy of it whose go.mod points
 * to a copy of the module.
 */
export async function workspaceOf(recipe: Recipe, signal: AbortSignal | undefined): Promise<string> {
  if (recipe.instead.length === 0) return recipe.wrapperDir;
  const dir = join(goCaches().root, 'work', `${recipe.component}-${recipe.key}`);
  if (await exists(dir)) return dir;
  const draft = `${dir}.${process.pid}`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const file of ['go.mod', 'go.sum']) await cp(join(recipe.wrapperDir, file), join(draft, file));
  for (const module of recipe.instead) {
    const answer = await runGo(['mod', 'download', '-json', module], {
      cwd: recipe.wrapperDir,
      platform: recipe.platform,
      signal,
    });
    const copy = join('instead', module);
    await cp(answerSchema.parse(JSON.parse(answer)).Dir, join(draft, copy), { recursive: true });
    await layOver(join(recipe.wrapperDir, copy), join(draft, copy));
    await runGo(['mod', 'edit', `-replace=${module}=./${copy}`], {
      cwd: draft,
      platform: recipe.platform,
      signal,
    });
  }
  await rename(draft, dir).catch(async (error: unknown) => {
    // Another process made it meanwhile.
    await rm(draft, { recursive: true, force: true });
    if (!(await exists(dir))) throw error;
  });
  return dir;
}

/**
 * Copies the files of a folder over those of another; an empty file removes the file of its name. Each must replace a file, so that a
 * file that the module dropped is noticed, or be in a folder that the module lacks.
 */
async function layOver(from: string, to: string): Promise<void> {
  const added = new Set<string>();
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const target = join(to, path.slice(from.length));
    const folder = dirname(target);
    if (added.has(folder) || !(await exists(folder))) {
      added.add(folder);
      await mkdir(folder, { recursive: true });
    } else await rm(target);
    if ((await stat(path)).size > 0) await cp(path, target);
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
