import { join } from 'node:path';
import { failureText } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { Memory } from '../render/memory.ts';
import { Saves, savedText } from '../render/saves.ts';

/** Folders of the program itself, which is already loaded. */
const program = /^(?:charts|model|scripts|operators|images)\//;

/** Milliseconds to collect saves: an editor saves in several steps, and search and replace saves many files. */
const settles = 100;

/** Folder to watch, and action at a save. */
export interface DeployWatch {
  root: string;
  /** Deploys once. `memory` has the earlier renders; `since` is the time of the save, by `performance.now()`. */
  deploy: (memory: Memory, since?: number) => Promise<unknown>;
  print: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Deploys at the start and at every save, until the signal. Saves during a deploy are collected for the next one. A failed deploy
 * is reported, and the next save deploys again. Returns the exit code, 130.
 */
export async function watchAndDeploy({ root, deploy, print, signal }: DeployWatch): Promise<number> {
  // Files that the deploy itself writes, such as a bundle, do not count as saves.
  const saves = new Saves({ root, except: join(root, 'manifests'), settles, isIgnored: isOwn, signal });
  const memory = new Memory();
  let since: number | undefined;
  try {
    while (!signal.aborted) {
      try {
        await deploy(memory, since);
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof Failure)) throw error;
        print(failureText(error));
      }
      print('Watching. Ctrl-C ends it.\n');
      const paths = await saves.next();
      since = performance.now() - settles;
      const own = paths.find((path) => program.test(path));
      if (own !== undefined) {
        throw new Failure(
          `${own} has changed, which this command has loaded already.`,
          'Type the same command again.',
        );
      }
      if (!signal.aborted) print(`\n${savedText(paths)}\n`);
    }
    return 130;
  } finally {
    saves.close();
  }
}

/** Folder that `scripts/app-images` writes beside an app: the bundle of its program. */
function isOwn(path: string): boolean {
  return /^apps\/.*\/?dist(?:\/|$)/.test(path);
}
