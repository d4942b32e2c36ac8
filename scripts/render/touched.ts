import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isManifest } from './difference.ts';
import { FolderWatch } from './watch-folders.ts';

/** Above so many the kernel may have dropped some of what it had to tell (16,384 in its queue). */
const most = 1_000;

/** Which manifests somebody touched, told by the kernel: so that nobody has to look at all of them. */
export class Touched {
  readonly #folder: string;
  #watch: FolderWatch | undefined;
  #paths = new Set<string>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Those below the folder since the last time; undefined where all must be looked at. */
  take(): string[] | undefined {
    const paths = [...this.#paths];
    this.#paths.clear();
    const known =
      this.#watch !== undefined && paths.length <= most && paths.every((path) => this.#isFile(path));
    this.#watch ??= this.#begin();
    return known ? paths : undefined;
  }

  close(): void {
    this.#watch?.close();
  }

  #begin(): FolderWatch | undefined {
    if (lstatSync(this.#folder, { throwIfNoEntry: false }) === undefined) return undefined;
    return new FolderWatch(this.#folder, ['.'], (path) => {
      const below = path.slice('./'.length);
      if (!below.startsWith('.')) this.#paths.add(below);
    });
  }

  /** Or was one. What is in a folder that comes or goes is not told. */
  #isFile(path: string): boolean {
    return (
      isManifest(path) &&
      lstatSync(join(this.#folder, path), { throwIfNoEntry: false })?.isDirectory() !== true
    );
  }
}
