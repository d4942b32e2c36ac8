import { Worker } from 'node:worker_threads';
import { problemOfFile, type Words } from '../diagnostics/problem.ts';
import type { Imported, ModuleText } from './import-description.ts';
import type { ImportRecord } from './import-record.ts';

/** What the thread is started with. */
export interface ToWorker {
  root: string;
  modules: readonly ModuleText[];
}

/**
 * What the thread says: which file it begins with, what came of one, a failure of which it cannot tell whose it is, or
 * what all of them read.
 */
export type FromWorker =
  | { begun: string }
  | ({ file: string } & Imported)
  | { fault: Words }
  | { record: ImportRecord };

/** In milliseconds: so long may the import of a file take, and so long may something go on when all are imported. */
const patience = { import: 5_000, after: 1_000 } as const;

/**
 * Imports TypeScript files of which nobody knows what they do, one after the other in a thread of their own: none of
 * them can end the command, hold it up, fail it later or print into what it prints. What they print goes to stderr. What
 * they read is added to `record`.
 */
export async function importApart(
  root: string,
  modules: readonly ModuleText[],
  record: ImportRecord,
): Promise<Map<string, Imported>> {
  const [first, ...others] = modules;
  if (first === undefined) return new Map();
  const { results, fault, during } = await importInWorker(root, modules, record);
  if (fault !== undefined && during === undefined && others.length > 0) {
    // It showed when all were imported: the half in which it shows again has the one that did it.
    const middle = modules.length >> 1;
    const halves = [modules.slice(0, middle), modules.slice(middle)];
    const found = await Promise.all(halves.map((half) => importApart(root, half, record)));
    return new Map(found.flatMap((half) => [...half]));
  }
  const file = during ?? first.file;
  if (fault !== undefined) results.set(file, { problem: problemOfFile(file, fault) });
  const left = modules.filter((module) => !results.has(module.file));
  return new Map([...results, ...(await importApart(root, left, record))]);
}

interface WorkerResults {
  results: Map<string, Imported>;
  /** Reason of an end without a result, and the file that was next. */
  fault: Words | undefined;
  during: string | undefined;
}

async function importInWorker(
  root: string,
  modules: readonly ModuleText[],
  record: ImportRecord,
): Promise<WorkerResults> {
  const workerData: ToWorker = { root, modules };
  const worker = new Worker(new URL('import-worker.ts', import.meta.url), {
    workerData,
    execArgv: [],
    stdout: true,
  });
  worker.stdout.pipe(process.stderr);
  const results = new Map<string, Imported>();
  let fault: Words | undefined;
  let during: string | undefined;
  const end = () => {
    fault = during === undefined ? goesOn : hangs;
    void worker.terminate();
  };
  let timer: NodeJS.Timeout | undefined;
  worker.on('message', (message: FromWorker) => {
    clearTimeout(timer);
    if ('begun' in message) during = message.begun;
    else if ('fault' in message) fault = message.fault;
    else if ('record' in message) addRecord(record, message.record);
    else {
      results.set(message.file, message);
      during = undefined;
    }
    timer = setTimeout(end, results.size < modules.length ? patience.import : patience.after);
  });
  worker.on('error', ({ message }) => {
    fault = { code: 'import-failed', what: 'the file cannot be imported', why: message, fix: 'make it data' };
  });
  await new Promise((resolve) => worker.on('exit', resolve));
  clearTimeout(timer);
  // Node ends a thread whose awaited promise can no longer settle.
  if (during !== undefined) fault ??= hangs;
  return { results, fault, during };
}

function addRecord(to: ImportRecord, { modules, complete }: ImportRecord): void {
  for (const [path, hash] of modules) to.modules.set(path, hash);
  to.complete &&= complete;
}

const hangs: Words = {
  code: 'import-hangs',
  what: 'its import does not end',
  why: 'it waits for something that does not come, or goes round for ever',
  fix: 'take it out: a description is data',
};

const goesOn: Words = {
  code: 'import-goes-on',
  what: 'something that it began goes on when it is imported',
  why: 'the command would wait for a timer, a server or a request',
  fix: 'take it out: a description is data',
};

/** An error of work that a file started during its import: a timer, a promise. */
export function failsLater(why: string): Words {
  return {
    code: 'fails-later',
    what: 'something that it began fails',
    why,
    fix: 'take it out: a description is data',
  };
}
