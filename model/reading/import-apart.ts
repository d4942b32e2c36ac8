import { Worker } from 'node:worker_threads';
import { diagnosticOfFile, type Words } from '../diagnostics/diagnostic.ts';
import type { Imported, ModuleText } from './import-description.ts';
import type { ImportRecord } from './import-record.ts';

/** Input of the thread. */
export interface ToWorker {
  root: string;
  modules: readonly ModuleText[];
}

/**
 * Messages of the thread: the next file, the result of a file, a failure that belongs to no known file, or
 * the record of all imports.
 */
export type FromWorker =
  | { begun: string }
  | ({ file: string } & Imported)
  | { fault: Words }
  | { record: ImportRecord };

/**
 * In milliseconds: maximum time of one import, and maximum time for which the thread may stay active after
 * the last import.
 */
const patience = { import: 5_000, after: 1_000 } as const;

/**
 * Imports untrusted TypeScript files one after the other in a thread. No file can end the command, block it,
 * fail it later or write to its stdout: their output goes to stderr. Files that they read are added to
 * `record`.
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
    // The failure appeared after the last import: bisect the files to find the one that causes it.
    const middle = modules.length >> 1;
    const halves = [modules.slice(0, middle), modules.slice(middle)];
    const found = await Promise.all(halves.map((half) => importApart(root, half, record)));
    return new Map(found.flatMap((half) => [...half]));
  }
  const file = during ?? first.file;
  if (fault !== undefined) results.set(file, { diagnostic: diagnosticOfFile(file, fault) });
  const left = modules.filter((module) => !results.has(module.file));
  return new Map([...results, ...(await importApart(root, left, record))]);
}

interface WorkerResults {
  results: Map<string, Imported>;
  /** Reason of an end without a result, and the file that was being imported. */
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
    fault = {
      code: 'import-failed',
      what: 'the file cannot be imported',
      why: message,
      fix: 'write the description as plain data',
    };
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
  what: 'the import of the file does not end',
  why: 'it waits for something that never happens, or is an endless loop',
  fix: 'remove the code: a description is plain data',
};

const goesOn: Words = {
  code: 'import-goes-on',
  what: 'the file starts work that continues after its import',
  why: 'the command would wait for a timer, a server or a request',
  fix: 'remove the code: a description is plain data',
};

/** A failure of work that a file started during its import, such as a timer or a promise. */
export function failsLater(why: string): Words {
  return {
    code: 'fails-later',
    what: 'work that the file started during its import failed',
    why,
    fix: 'remove the code: a description is plain data',
  };
}
