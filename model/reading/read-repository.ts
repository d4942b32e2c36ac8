import { type Dirent, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { appSchema } from '../app.ts';
import { checkSchema } from '../checks/schema.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { compareText, problemOfFile } from '../diagnostics/problem.ts';
import { operatorSchema } from '../operator.ts';
import type { LoadedSecret, Repository } from '../repository.ts';
import { clusterSchema } from '../schema/cluster.ts';
import { encryptedSecretSchema } from '../schema/encrypted-secret.ts';
import type { Lock } from '../schema/lock.ts';
import { lockSchema } from '../schema/lock.ts';
import { PackageLock } from '../schema/package-lock.ts';
import { publishedImagesFile, publishedImagesSchema } from '../schema/published-images.ts';
import { isJunk } from './junk.ts';
import { KnownSources } from './known-sources.ts';
import { readModules } from './read-module.ts';
import { readYaml } from './read-yaml.ts';
import type { Loaded, ReadSource, Source } from './source.ts';

const lockFile = 'images/lock.yaml';

/** Reads every description below `root`; what is not there or does not fit its schema becomes a problem. */
export async function readRepository(
  root: string,
  known = new KnownSources(),
): Promise<{ repository?: Repository; problems: Problem[] }> {
  const problems: Problem[] = [];

  function keep<S extends z.ZodType>(
    name: string,
    schema: S,
    { source, problems: found }: ReadSource,
    before: WeakMap<Source, z.output<S>>,
  ): Loaded<z.output<S>>[] {
    problems.push(...found);
    if (source === undefined) return [];
    const same = before.get(source);
    if (same !== undefined) return [{ name, source, value: same }];
    const checked = checkSchema(schema, source);
    problems.push(...checked.problems);
    if (checked.value === undefined) return [];
    before.set(source, checked.value);
    return [{ name, source, value: checked.value }];
  }

  const yaml = (file: string): ReadSource => {
    const { text, ...found } = known.read(root, file);
    if (text === undefined) return found;
    const { source, problems } = readYaml(text, file);
    if (source === undefined) return { problems };
    return { source: known.keep(source, text, { follows: true }), problems };
  };

  const clusterNames = names(root, 'clusters', ({ kind }) => kind !== 'file');
  if (clusterNames.length === 0)
    keep('dev', clusterSchema, yaml('clusters/dev/cluster.yaml'), known.checked.clusters);
  const clusters = clusterNames.flatMap((name) =>
    keep(name, clusterSchema, yaml(`clusters/${name}/cluster.yaml`), known.checked.clusters),
  );
  const published = clusterNames
    .filter((name) => lstatSync(join(root, publishedImagesFile(name)), quiet) !== undefined)
    .flatMap((name) =>
      keep(name, publishedImagesSchema, yaml(publishedImagesFile(name)), known.checked.published),
    );
  const appNames = names(
    root,
    'apps',
    ({ name, kind }) =>
      kind === 'nowhere' ||
      (kind === 'folder' && lstatSync(join(root, 'apps', name, 'app.ts'), quiet) !== undefined),
  );
  const operatorNames = names(
    root,
    'operators',
    ({ name, kind }) =>
      kind === 'nowhere' ||
      (kind === 'folder' && lstatSync(join(root, 'operators', name, 'operator.ts'), quiet) !== undefined),
  );
  const modules = await readModules(
    root,
    [
      ...appNames.map((name) => `apps/${name}/app.ts`),
      ...operatorNames.map((name) => `operators/${name}/operator.ts`),
    ],
    known,
  );
  const module = (file: string) => modules.get(file) ?? { problems: [] };
  const apps = appNames.flatMap((name) =>
    keep(name, appSchema, module(`apps/${name}/app.ts`), known.checked.apps),
  );
  const operators = operatorNames.flatMap((name) =>
    keep(name, operatorSchema, module(`operators/${name}/operator.ts`), known.checked.operators),
  );
  const foundSecrets = appNames.map((app) => [app, secretFiles(root, app)] as const);
  const secrets = foundSecrets.flatMap(([app, files]) =>
    files.flatMap(({ environment, file }): LoadedSecret[] => {
      const name = nameOfSecret(file);
      if (name === undefined) {
        problems.push(strangerAmongSecrets(file));
        return [];
      }
      const loaded = keep(name, encryptedSecretSchema, yaml(file), known.checked.secrets);
      return loaded.map((each) => ({ ...each, app, environment }));
    }),
  );
  const [lock]: Loaded<Lock>[] = keep('lock', lockSchema, yaml(lockFile), known.checked.locks);
  if (lock === undefined) return { problems };
  return {
    repository: {
      clusters,
      apps,
      operators,
      secrets,
      secretFiles: new Set(foundSecrets.flatMap(([, files]) => files.map(({ file }) => file))),
      published,
      lock,
      packageLock: new PackageLock(root),
      appNames: new Set(appNames),
      clusterNames: new Set(clusterNames),
    },
    problems,
  };
}

const quiet = { throwIfNoEntry: false } as const;

/** Everything in `apps/APP/secrets`, from the root, with the folder of the environment in which it stands. */
function secretFiles(root: string, app: string): { environment: string; file: string }[] {
  const folder = `apps/${app}/secrets`;
  // Of a link that leads nowhere, or to itself, the reading of the app says why.
  if (!existsSync(join(root, folder))) return [];
  return names(root, folder, () => true).flatMap((environment) => {
    const path = `${folder}/${environment}`;
    const place = join(root, path);
    if (!existsSync(place) || !statSync(place).isDirectory()) return [{ environment, file: path }];
    return readdirSync(place)
      .filter((name) => !isJunk(name))
      .sort(compareText)
      .map((name) => ({ environment, file: `${path}/${name}` }));
  });
}

/** `stripe` of `apps/orders/secrets/dev/stripe.yaml`; undefined for any other file. */
function nameOfSecret(file: string): string | undefined {
  return /\/secrets\/[^/]+\/([a-z0-9-]+)\.yaml$/.exec(file)?.[1];
}

function strangerAmongSecrets(file: string): Problem {
  return problemOfFile(file, {
    code: 'not-a-secret-file',
    what: 'only encrypted secrets stand in this folder, as NAME.yaml',
    why: 'what lies beside them could be a secret that nobody has encrypted',
    fix: 'move it out of the repository; a secret is written by npm run secrets -- set APP KEY --env ENV',
  });
}

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
