import { join } from 'node:path';
import { failureText } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { Memory } from '../render/memory.ts';
import { Saves, savedText } from '../render/saves.ts';

/** The program itself, which runs already. */
const program = /^(?:charts|model|scripts|operators|images)\//;

/** An editor saves in several steps, and a search and replace saves many files. In milliseconds. */
const settles = 100;

/** What is watched, and what is done at a save. */
export interface DeployWatch {
  root: string;
  /** Deploys once. `memory` holds what was rendered before. */
  deploy: (memory: Memory) => Promise<unknown>;
  print: (text: string) => void;
  signal: AbortSignal;
}

/**
 * Deploys, and again at every save, until the signal. Saves during a deploy are gathered into the next. A deploy that fails is
 * told, and the next save tries again. Returns the exit code, 130.
 */
export async function watchAndDeploy({ root, deploy, print, signal }: DeployWatch): Promise<number> {
  // What a deploy writes itself, such as a bundle, is no save; what was saved meanwhile is.
  const saves = new Saves({ root, except: join(root, 'manifests'), settles, isIgnored: isOwn, signal });
  const memory = new Memory();
  try {
    while (!signal.aborted) {
      try {
        await deploy(memory);
      } catch (error) {
        if (signal.aborted) break;
        if (!(error instanceof Failure)) throw error;
        print(failureText(error));
      }
      print('Watching. Ctrl-C ends it.\n');
      const paths = await saves.next();
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

/** What `scripts/app-images` writes beside an app: the bundle of its program. */
function isOwn(path: string): boolean {
  return /^apps\/.*\/?dist(?:\/|$)/.test(path);
}
