import { setTimeout as sleep } from 'node:timers/promises';
import { FolderWatch } from './watch-folders.ts';

export interface SavesOptions {
  /** Folder whose files are watched, and the one below it that is not. */
  root: string;
  except: string;
  /** Milliseconds after the first save in which others are gathered: an editor saves in several steps. */
  settles: number;
  /** Paths that are no saves of a person. Default: none. */
  isIgnored?: (path: string) => boolean;
  signal: AbortSignal;
}

/** Files that were saved since they were last asked for, gathered. */
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

  /** Watches these files too, wherever they are; by absolute paths. */
  alsoOf(files: Iterable<string>): void {
    this.#watch.alsoOf(files);
  }

  /** Waits for a save and gives the paths, sorted; none once the signal has aborted. */
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

/** What was saved, in a few words. */
export function savedText(paths: readonly string[]): string {
  return paths.length > 3 ? `${paths.length} files` : paths.join(', ');
}
