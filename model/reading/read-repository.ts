import { type Dirent, existsSync, lstatSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { lockSchema } from '../../images/lock/index.ts';
import { appSchema } from '../app.ts';
import { checkSchema } from '../checks/schema.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { compareText, diagnosticOfFile } from '../diagnostics/diagnostic.ts';
import { operatorSchema } from '../operator.ts';
import type { LoadedSecret, Repository } from '../repository.ts';
import { clusterSchema } from '../schema/cluster.ts';
import { encryptedSecretSchema } from '../schema/encrypted-secret.ts';
import { PackageLock } from '../schema/package-lock.ts';
import { previewsFile, previewsSchema } from '../schema/previews.ts';
import { publishedImagesFile, publishedImagesSchema } from '../schema/published-images.ts';
import { isJunk } from './junk.ts';
import { KnownSources } from './known-sources.ts';
import { readModules } from './read-module.ts';
import { readYaml } from './read-yaml.ts';
import type { Loaded, ReadSource, Source } from './source.ts';

const lockFile = 'images/lock.yaml';

/** Reads every description below `root`; missing files and schema errors become diagnostics. */
export async function readRepository(
  root: string,
  known = new KnownSources(),
): Promise<{ repository?: Repository; diagnostics: Diagnostic[] }> {
  const reader = new RepositoryReader(root, known);
  const clusterNames = names(root, 'clusters', ({ kind }) => kind !== 'file');
  const appNames = described(root, 'apps', 'app.ts');
  const clusters = reader.clusters(clusterNames);
  const { checked } = known;
  const published = reader.written(
    clusterNames,
    publishedImagesFile,
    publishedImagesSchema,
    checked.published,
  );
  const previews = reader.written(clusterNames, previewsFile, previewsSchema, checked.previews);
  const { apps, operators } = await reader.modules(appNames, described(root, 'operators', 'operator.ts'));
  const { secrets, files } = reader.secrets(appNames);
  const [lock] = reader.keep('lock', lockSchema, reader.yaml(lockFile), checked.locks);
  const { diagnostics } = reader;
  if (lock === undefined) return { diagnostics };
  return {
    repository: {
      clusters,
      apps,
      operators,
      secrets,
      secretFiles: files,
      published,
      previews,
      lock,
      packageLock: new PackageLock(root),
      appNames: new Set(appNames),
      clusterNames: new Set(clusterNames),
    },
    diagnostics,
  };
}

/** Reads the files of one repository and collects their diagnostics in the order of reading. */
class RepositoryReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #root: string;
  readonly #known: KnownSources;

  constructor(root: string, known: KnownSources) {
    this.#root = root;
    this.#known = known;
  }

  /** The value of a source after its schema check; empty if it has diagnostics, which are collected. */
  keep<S extends z.ZodType>(
    name: string,
    schema: S,
    { source, diagnostics }: ReadSource,
    before: WeakMap<Source, z.output<S>>,
  ): Loaded<z.output<S>>[] {
    this.diagnostics.push(...diagnostics);
    if (source === undefined) return [];
    const same = before.get(source);
    if (same !== undefined) return [{ name, source, value: same }];
    const checked = checkSchema(schema, source);
    this.diagnostics.push(...checked.diagnostics);
    if (checked.value === undefined) return [];
    before.set(source, checked.value);
    return [{ name, source, value: checked.value }];
  }

  yaml(file: string): ReadSource {
    const { text, ...found } = this.#known.read(this.#root, file);
    if (text === undefined) return found;
    const { source, diagnostics } = readYaml(text, file);
    if (source === undefined) return { diagnostics };
    return { source: this.#known.keep(source, text, { follows: true }), diagnostics };
  }

  clusters(environments: readonly string[]): Repository['clusters'] {
    const read = (name: string) =>
      this.keep(
        name,
        clusterSchema,
        this.yaml(`clusters/${name}/cluster.yaml`),
        this.#known.checked.clusters,
      );
    // Without any environment, the diagnostic names the first file to write.
    if (environments.length === 0) read('dev');
    return environments.flatMap(read);
  }

  /** The files that commands write beside cluster.yaml, of the environments that have one. */
  written<S extends z.ZodType>(
    environments: readonly string[],
    fileOf: (environment: string) => string,
    schema: S,
    before: WeakMap<Source, z.output<S>>,
  ): Loaded<z.output<S>>[] {
    return environments
      .filter((name) => exists(this.#root, fileOf(name)))
      .flatMap((name) => this.keep(name, schema, this.yaml(fileOf(name)), before));
  }

  /** Reads apps and operators, which are TypeScript modules, in one pass. */
  async modules(
    appNames: readonly string[],
    operatorNames: readonly string[],
  ): Promise<Pick<Repository, 'apps' | 'operators'>> {
    const appFile = (name: string): string => `apps/${name}/app.ts`;
    const operatorFile = (name: string): string => `operators/${name}/operator.ts`;
    const files = [...appNames.map(appFile), ...operatorNames.map(operatorFile)];
    const read = await readModules(this.#root, files, this.#known);
    const module = (file: string): ReadSource => read.get(file) ?? { diagnostics: [] };
    const { checked } = this.#known;
    const apps = appNames.flatMap((name) => this.keep(name, appSchema, module(appFile(name)), checked.apps));
    const operators = operatorNames.flatMap((name) =>
      this.keep(name, operatorSchema, module(operatorFile(name)), checked.operators),
    );
    return { apps, operators };
  }

  /** Reads the folders of secrets; `files` has every file in them, valid or not. */
  secrets(appNames: readonly string[]): { secrets: LoadedSecret[]; files: Set<string> } {
    const found = appNames.flatMap((app) => secretFiles(this.#root, app).map((place) => ({ app, ...place })));
    const secrets = found.flatMap(({ app, environment, file }): LoadedSecret[] => {
      const name = nameOfSecret(file);
      if (name === undefined) {
        this.diagnostics.push(strangerAmongSecrets(file));
        return [];
      }
      const loaded = this.keep(name, encryptedSecretSchema, this.yaml(file), this.#known.checked.secrets);
      return loaded.map((each) => ({ ...each, app, environment }));
    });
    return { secrets, files: new Set(found.map(({ file }) => file)) };
  }
}

const quiet = { throwIfNoEntry: false } as const;

/** All files below `apps/APP/secrets`, from the root, each with its environment. */
function secretFiles(root: string, app: string): { environment: string; file: string }[] {
  const folder = `apps/${app}/secrets`;
  // A broken or circular link is reported when the app is read.
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

function strangerAmongSecrets(file: string): Diagnostic {
  return diagnosticOfFile(file, {
    code: 'not-a-secret-file',
    what: 'this folder holds only encrypted secrets, named NAME.yaml',
    why: 'a file beside them could be a secret that is not encrypted',
    fix: 'move it out of the repository; to write a secret, type npm run secrets -- set APP KEY --env ENV',
  });
}

/** Names of the folders that contain a description: `apps/NAME/app.ts`, `operators/NAME/operator.ts`. */
function described(root: string, folder: string, file: string): string[] {
  return names(
    root,
    folder,
    ({ name, kind }) => kind === 'nowhere' || (kind === 'folder' && exists(root, join(folder, name, file))),
  );
}

/** Whether a file exists, also as a broken link. */
function exists(root: string, file: string): boolean {
  return lstatSync(join(root, file), quiet) !== undefined;
}

/** An entry of a folder. `nowhere`: a broken link, which is refused when it is read. */
interface Entry {
  name: string;
  kind: 'folder' | 'file' | 'nowhere';
}

/** Names of the matching entries of a folder, sorted; none if the folder does not exist. */
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
    // The reason is reported when the entry is read.
    return 'nowhere';
  }
}
