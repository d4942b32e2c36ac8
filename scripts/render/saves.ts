import { setTimeout as sleep } from 'node:timers/promises';
import { FolderWatch } from './watch-folders.ts';

export interface SavesOptions {
  /** Folder to watch, and a folder below it to ignore. */
  root: string;
  except: string;
  /** Milliseconds after the first save in which further saves are collected: an editor saves in several steps. */
  settles: number;
  /** Paths to ignore. Default: none. */
  isIgnored?: (path: string) => boolean;
  signal: AbortSignal;
}

/** Collects the files that were saved since the last call. */
export class Saves {
  readonly #paths = new Set<string>();
  readonly #watch: FolderWatch;
  readonly #settles: number;
  readonly #signal: AbortSignal;
  #wake = () => {};

  constructor({ root, except, settles, isIgnored = () => false, signal }: SavesOptions) {
    this.#settles = settles;
    this.#signal = signal;
    this.#watch = new FolderWatch(root, except, (path) => {
      if (isIgnored(path)) return;
      this.#paths.add(path);
      this.#wake();
    });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
  }

  /** Watches these files too, by absolute path. */
  alsoOf(files: Iterable<string>): void {
    this.#watch.alsoOf(files);
  }

  /** Waits for a save and returns its paths, sorted; empty once the signal is aborted. */
  async next(): Promise<string[]> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      if (this.#paths.size > 0 || this.#signal.aborted) resolve();
    });
    if (this.#signal.aborted) return [];
    await sleep(this.#settles);
    const paths = [...this.#paths].sort();
    this.#paths.clear();
    return paths;
  }

  close(): void {
    this.#watch.close();
  }
}

/** Short text about the saved files. */
export function savedText(paths: readonly string[]): string {
  return paths.length > 3 ? `${paths.length} files` : paths.join(', ');
}
