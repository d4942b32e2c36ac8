import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { styleText } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { RenderCommand } from './command.ts';
import { FolderWatch } from './watch-folders.ts';

/** What a worker is started with. */
export interface WorkerInput {
  root: string;
  command: RenderCommand;
}

/** Folders with what people write and with the program itself. */
const watched = ['apps', 'clusters', 'operators', 'images', 'charts', 'model', 'scripts/render'];

/**
 * What is read anew for every render, and what an app's image is built from. A change of other code is a change of the
 * program: it is loaded anew.
 */
const descriptions =
  /^(?:apps\/[^/]+\/app\.ts|operators\/[^/]+\.ts|images\/lock\.yaml|(?!.*\.(?:[cm]?[jt]s|json)$).*)$/;

/** An editor saves in several steps, and Git writes many files at once. In milliseconds. */
const settles = 15;

/**
 * Renders, and again at every save, until the signal. The render runs in a thread of its own, which keeps what it made:
 * so a save costs what depends on it. When the program itself changes, the next thread loads it anew.
 */
export async function watchAndRender(
  input: WorkerInput,
  print: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const changed = new Set<string>();
  let wake = () => {};
  const watch = new FolderWatch(input.root, watched, (path) => {
    if (path.startsWith('images/') && path !== 'images/lock.yaml') return;
    changed.add(path);
    wake();
  });
  signal.addEventListener('abort', () => wake(), { once: true });
  const somethingHappens = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
      if (changed.size > 0 || signal.aborted) resolve();
    });
  let worker = startWorker(input);
  try {
    print(await answer(worker));
    print(styleText('dim', 'Watching. Ctrl-C ends it.\n'));
    for (;;) {
      await somethingHappens();
      if (signal.aborted) return;
      await sleep(settles);
      const paths = [...changed].sort();
      changed.clear();
      if (!paths.every((path) => descriptions.test(path))) {
        await worker.terminate();
        worker = startWorker(input);
      }
      const text = await answer(worker);
      print(`${styleText('dim', paths.length > 3 ? `${paths.length} files` : paths.join(', '))}\n${text}`);
    }
  } finally {
    watch.close();
    await worker.terminate();
  }
}

function startWorker(input: WorkerInput): Worker {
  return new Worker(new URL('watch-worker.ts', import.meta.url), { workerData: input });
}

/** Has the worker render once; what it says. A worker that fails as a whole ends the watch. */
async function answer(worker: Worker): Promise<string> {
  const answered = once(worker, 'message');
  worker.postMessage('render');
  const [text] = await answered;
  return String(text);
}
