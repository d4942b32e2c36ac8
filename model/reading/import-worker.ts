import process from 'node:process';
import { parentPort, workerData } from 'node:worker_threads';
import { type FromWorker, failsLater, type ToWorker } from './import-apart.ts';
import {
  diagnosticAtStack,
  ExitRefused,
  importDescription,
  type ModuleText,
  messageOf,
  stackSpot,
} from './import-description.ts';
import { recordImports } from './import-record.ts';
import { diagnosticOfRead, type MachineRead, watchMachineReads } from './machine-reads.ts';

/** The thread that imports descriptions with code other than plain data. */
const { root, modules }: ToWorker = workerData;
const say = (message: FromWorker) => parentPort?.postMessage(message);
const end = process.exit;
let current: ModuleText | undefined;
/** Of the current file: the first one is reported. */
let reads: MachineRead[] = [];
watchMachineReads(root, (read) => reads.push(read));
// Afterwards: what the watch itself reads is no input.
const record = recordImports();

process.exit = (): never => {
  throw new ExitRefused('process.exit was called');
};

/** Reports a failure of work that a file started, during or after the imports. */
function failLater(error: unknown): void {
  const why = messageOf(root, error);
  const culprit = modules.find((module) => stackSpot(module, error) !== undefined) ?? current;
  if (culprit === undefined) say({ fault: failsLater(why) });
  else say({ file: culprit.file, diagnostic: diagnosticAtStack(culprit, error, failsLater(why)) });
  end(1);
}
process.on('uncaughtException', failLater).on('unhandledRejection', failLater);

async function importAll(): Promise<void> {
  for (const module of modules) {
    current = module;
    say({ begun: module.file });
    reads = [];
    const imported = await importDescription(root, module);
    const [read] = reads;
    const { file } = module;
    say(read === undefined ? { file, ...imported } : { file, diagnostic: diagnosticOfRead(root, read) });
  }
  current = undefined;
  say({ record });
}
// Not awaited: if an import never ends, the thread ends, and Node reports no unsettled await.
void importAll();
