import { checkSchema } from '../checks/schema.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type ExtraObject, extraObject } from '../schema/extra.ts';
import { readYaml } from './read-yaml.ts';
import { RepositoryFiles } from './repository-files.ts';
import type { Loaded } from './source.ts';
import { twoMeanings } from './two-meanings.ts';

/** The objects in the `extra` files of one description. */
export interface ReadExtra {
  /** In the order of `extra`; `name` is the file below the folder. */
  objects: Loaded<ExtraObject>[];
  /** Diagnostics of the files' content. */
  diagnostics: Diagnostic[];
  /** Files that Git would not store. */
  missing: string[];
}

/** Reads the Kubernetes objects that descriptions name in files of their own, as Git stores them. */
export class ExtraObjects {
  readonly #files: RepositoryFiles;

  constructor(root: string) {
    this.#files = new RepositoryFiles(root);
  }

  /** `folder`: `apps/shop`. */
  of(folder: string, files: readonly string[]): ReadExtra {
    const read: ReadExtra = { objects: [], diagnostics: [], missing: [] };
    if (files.length === 0) return read;
    const stored = new Map(
      this.#files
        .below(folder, (path) => files.includes(path))
        .filter(({ mode }) => mode !== '120000')
        .map(({ path, content }) => [path, content]),
    );
    for (const name of files) {
      const content = stored.get(name);
      if (content === undefined) {
        read.missing.push(name);
        continue;
      }
      const text = content.toString('utf8');
      const { source, diagnostics } = readYaml(text, `${folder}/${name}`);
      read.diagnostics.push(...diagnostics);
      if (source === undefined) continue;
      read.diagnostics.push(...twoMeanings(text, source.file));
      const checked = checkSchema(extraObject, source);
      read.diagnostics.push(...checked.diagnostics);
      if (checked.value !== undefined) read.objects.push({ name, source, value: checked.value });
    }
    return read;
  }
}
