import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { styleText } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { RenderCommand } from './command.ts';
import { Saves, savedText } from './saves.ts';

/** What a worker is started with. */
export interface WorkerInput {
  root: string;
  command: RenderCommand;
}

/** What came of one render. */
export interface RenderOutcome {
  /** For those who read what it prints: a line, or JSON. */
  out: string;
  /** What is wrong. */
  err: string;
  /** No change of a file will mend it. */
  ended: boolean;
  /** The files that descriptions imported, by absolute path. */
  imported: string[];
}

/**
 * The program itself: what imports it must be loaded anew. Descriptions, and what they import from anywhere else, are read
 * for every render.
 */
const program = /^(?:charts|model|scripts)\//;

/** An editor saves in several steps, and Git writes many files at once. In milliseconds. */
const settles = 15;

/**
 * Renders, and again at every save, until the signal. The render runs in a thread of its own, which keeps what it made:
 * so a save costs what depends on it. When the program itself changes, the next thread loads it anew. Gives the exit code.
 */
export async function watchAndRender(
  input: WorkerInput,
  print: { out: (text: string) => void; err: (text: string) => void },
  signal: AbortSignal,
): Promise<number> {
  const except = resolve(input.command.out ?? join(input.root, 'manifests'));
  // A description may read any file of the repository.
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

/** Has the worker render once. A worker that fails as a whole ends the watch. */
async function answer(worker: Worker): Promise<RenderOutcome> {
  const answered = once(worker, 'message');
  worker.postMessage('render');
  const [answer]: RenderOutcome[] = await answered;
  if (answer === undefined) throw new Error('the worker answered nothing');
  return answer;
}
