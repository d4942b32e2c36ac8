import { isUtf8 } from 'node:buffer';
import type { App } from '../app.ts';
import { RepositoryFiles } from './repository-files.ts';
import type { StoredFile } from './stored-file.ts';

/** A file of an app's folder, in the form of a ConfigMap entry. */
export interface AppFile {
  /** Path below the app's folder: `files/nginx.conf`. */
  path: string;
  /** Undefined for a binary file. */
  text?: string;
  /** The content of a binary file, in base64. */
  binary?: string;
}

/** Reads the files that apps mount, as Git stores them, so that every machine renders the same. */
export class AppFiles {
  readonly #files: RepositoryFiles;

  constructor(root: string) {
    this.#files = new RepositoryFiles(root);
  }

  /** The mounted files of an app, sorted by path. Missing files are left out; `checkFiles` reports them. */
  of(app: Pick<App, 'name' | 'files'>): AppFile[] {
    return this.stored(app).map(({ path, content }) => ({ path, ...contentOf(content) }));
  }

  /** The same files, before they are decoded. */
  stored({ name, files }: Pick<App, 'name' | 'files'>): StoredFile[] {
    const wanted = new Set(Object.values(files));
    return wanted.size === 0 ? [] : this.#files.below(`apps/${name}`, (path) => wanted.has(path));
  }
}

/**
 * Control characters other than tab and line end, which not every YAML parser accepts: a file with one is
 * binary.
 */
const control = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/u;

function contentOf(content: Buffer): Pick<AppFile, 'text' | 'binary'> {
  const text = isUtf8(content) ? content.toString('utf8') : undefined;
  if (text === undefined || control.test(text)) return { binary: content.toString('base64') };
  return { text };
}
