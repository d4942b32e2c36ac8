import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { RenderCommand } from './render-command.ts';
import { Saves, savedText } from './saves.ts';

/** Start data of a worker. */
export interface WorkerInput {
  root: string;
  command: RenderCommand;
}

/** Result of one render. */
export interface RenderOutcome {
  /** Text for standard output: a line, or JSON. */
  out: string;
  /** Text of the diagnostics. */
  err: string;
  /** Whether the fault is permanent: no change of a file can fix it. */
  ended: boolean;
  /** Files that descriptions imported, by absolute path. */
  imported: string[];
}

/**
 * Folders of the program itself: after a change, a new worker must load it. Descriptions and their other imports are read for every
 * render.
 */
const program = /^(?:charts|model|scripts)\//;

/** Milliseconds to collect saves: an editor saves in several steps, and Git writes many files at once. */
const settles = 15;

/**
 * Renders at the start and at every save, until the signal. A worker thread renders and keeps its results, so that a save renders only
 * what depends on it. If the program itself changes, a new thread loads it. Returns the exit code.
 */
export async function watchAndRender(
  input: WorkerInput,
  print: { out: (text: string) => void; err: (text: string) => void },
  signal: AbortSignal,
): Promise<number> {
  const except = resolve(input.command.out ?? join(input.root, 'manifests'));
  // A description can read any file of the repository.
  const saves = new Saves({ root: input.root, except, settles, signal });
  let worker = startWorker(input);
  try {
    const first = await answer(worker);
    print.out(first.out);
    print.err(first.err);
    if (first.ended) return 1;
    saves.alsoOf(first.imported);
    print.err(styleText('dim', 'Watching. Ctrl-C ends it.\n', { stream: process.stderr }));
    for (;;) {
      const paths = await saves.next();
      if (paths.length === 0) return 0;
      const anew = paths.some((path) => program.test(path));
      if (anew) {
        await worker.terminate();
        worker = startWorker(input);
      }
      const { out, err, imported } = await answer(worker);
      saves.alsoOf(imported);
      print.err(`${styleText('dim', savedText(paths), { stream: process.stderr })}\n${err}`);
      print.out(out);
    }
  } finally {
    saves.close();
    await worker.terminate();
  }
}

function startWorker(input: WorkerInput): Worker {
  return new Worker(new URL('watch-worker.ts', import.meta.url), { workerData: input });
}

/** Lets the worker render once. An uncaught error of the worker ends the watch. */
async function answer(worker: Worker): Promise<RenderOutcome> {
  const answered = once(worker, 'message');
  worker.postMessage('render');
  const [answer]: RenderOutcome[] = await answered;
  if (answer === undefined) throw new Error('the worker answered nothing');
  return answer;
}
