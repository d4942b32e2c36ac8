import { type Dirent, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { appSchema } from './app.ts';
import { checkSchema } from './check-schema.ts';
import { clusterSchema } from './cluster.ts';
import type { KnownSources } from './known-sources.ts';
import type { Lock } from './lock.ts';
import { lockSchema } from './lock.ts';
import { operatorSchema } from './operator.ts';
import { PackageLock } from './package-lock.ts';
import type { Problem } from './problem.ts';
import { compareText } from './problem.ts';
import { readModule } from './read-module.ts';
import { readText } from './read-text.ts';
import { readYaml } from './read-yaml.ts';
import type { Repository } from './repository.ts';
import type { Loaded, Source } from './source.ts';
import { withoutExit } from './without-exit.ts';

const lockFile = 'images/lock.yaml';

/** Reads every description below `root`; what is not there or does not fit its schema becomes a problem. */
export async function readRepository(
  root: string,
  known?: KnownSources,
): Promise<{ repository?: Repository; problems: Problem[] }> {
  const problems: Problem[] = [];

  function keep<S extends z.ZodType>(
    name: string,
    schema: S,
    { source, problems: found }: { source?: Source; problems: Problem[] },
    before?: WeakMap<Source, z.output<S>>,
  ): Loaded<z.output<S>>[] {
    problems.push(...found);
    if (source === undefined) return [];
    const known = before?.get(source);
    if (known !== undefined) return [{ name, source, value: known }];
    const checked = checkSchema(schema, source);
    problems.push(...checked.problems);
    if (checked.value === undefined) return [];
    before?.set(source, checked.value);
    return [{ name, source, value: checked.value }];
  }

  const yaml = (file: string) => {
    const untouched = known?.untouched(root, file);
    if (untouched !== undefined) return { source: untouched, problems: [] };
    const { text, problem } = readText(root, file);
    if (problem !== undefined) return { problems: [problem] };
    const same = known?.same(file, text);
    if (same !== undefined) return { source: same, problems: [] };
    const read = readYaml(text, file);
    if (read.source !== undefined) known?.set(read.source, text);
    return read;
  };

  const clusterNames = names(root, 'clusters', ({ kind }) => kind !== 'file');
  if (clusterNames.length === 0) keep('dev', clusterSchema, yaml('clusters/dev/cluster.yaml'));
  const clusters = clusterNames.flatMap((name) =>
    keep(name, clusterSchema, yaml(`clusters/${name}/cluster.yaml`), known?.checked.clusters),
  );
  const appNames = names(
    root,
    'apps',
    ({ name, kind }) =>
      kind === 'nowhere' ||
      (kind === 'folder' && lstatSync(join(root, 'apps', name, 'app.ts'), quiet) !== undefined),
  );
  const operatorFiles = names(
    root,
    'operators',
    ({ name, kind }) => kind !== 'folder' && /^[^.]+\.ts$/.test(name),
  );
  const [apps, operators] = await withoutExit(async () => [
    await Promise.all(
      appNames.map(async (name) =>
        keep(name, appSchema, await readModule(root, `apps/${name}/app.ts`, known), known?.checked.apps),
      ),
    ),
    await Promise.all(
      operatorFiles.map(async (file) =>
        keep(
          file.slice(0, -3),
          operatorSchema,
          await readModule(root, `operators/${file}`, known),
          known?.checked.operators,
        ),
      ),
    ),
  ]);
  const [lock]: Loaded<Lock>[] = keep('lock', lockSchema, yaml(lockFile), known?.checked.locks);
  if (lock === undefined) return { problems };
  return {
    repository: {
      clusters,
      apps: apps.flat(),
      operators: operators.flat(),
      lock,
      packageLock: new PackageLock(root),
      appNames: new Set(appNames),
    },
    problems,
  };
}

const quiet = { throwIfNoEntry: false } as const;

/** What stands in a folder. A link that leads nowhere is there too, and refused when it is read. */
interface Entry {
  name: string;
  kind: 'folder' | 'file' | 'nowhere';
}

/** Names of the entries of a folder, sorted; none where the folder does not exist. */
function names(root: string, folder: string, wanted: (entry: Entry) => boolean): string[] {
  const path = join(root, folder);
  if (statSync(path, quiet)?.isDirectory() !== true) return [];
  return readdirSync(path, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .filter((entry) => wanted({ name: entry.name, kind: kindOf(path, entry) }))
    .map(({ name }) => name)
    .sort(compareText);
}

function kindOf(folder: string, entry: Dirent): Entry['kind'] {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? 'folder' : 'file';
  try {
    return statSync(join(folder, entry.name)).isDirectory() ? 'folder' : 'file';
  } catch {
    // Why it cannot be followed is said by the reading.
    return 'nowhere';
  }
}
