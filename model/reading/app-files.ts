import { isUtf8 } from 'node:buffer';
import type { App } from '../app.ts';
import { RepositoryFiles } from './repository-files.ts';
import type { StoredFile } from './stored-file.ts';

/** A file of an app's folder, as a ConfigMap can carry it. */
export interface AppFile {
  /** Below the app's folder: `files/nginx.conf`. */
  path: string;
  /** Undefined for a binary file. */
  text?: string;
  /** The content of a binary file, in base64. */
  binary?: string;
}

/** The files that apps mount, as Git stores them: the same on every machine. */
export class AppFiles {
  readonly #files: RepositoryFiles;

  constructor(root: string) {
    this.#files = new RepositoryFiles(root);
  }

  /** Sorted by path, without missing files, which `checkFiles` reports. */
  of(app: Pick<App, 'name' | 'files'>): AppFile[] {
    return this.stored(app).map(({ path, content }) => ({ path, ...contentOf(content) }));
  }

  /** The same before it is looked at. */
  stored({ name, files }: Pick<App, 'name' | 'files'>): StoredFile[] {
    const wanted = new Set(Object.values(files));
    return wanted.size === 0 ? [] : this.#files.below(`apps/${name}`, (path) => wanted.has(path));
  }
}

/** A text has no control characters but tabs and line ends: no others pass every YAML parser. */
const control = /[^\P{Cc}\t\n\r]|[\ufffe\uffff]/u;

function contentOf(content: Buffer): Pick<AppFile, 'text' | 'binary'> {
  const text = isUtf8(content) ? content.toString('utf8') : undefined;
  if (text === undefined || control.test(text)) return { binary: content.toString('base64') };
  return { text };
}
