import { parentPort, workerData } from 'node:worker_threads';
import { failureText } from '../cli/command.ts';
import { Failure } from '../cli/failure.ts';
import { DiagnosticsFailure } from './diagnostics-failure.ts';
import { Memory } from './memory.ts';
import { renderCommand } from './render-command.ts';
import type { RenderOutcome, WorkerInput } from './watch-and-render.ts';

/** Worker thread of `render --watch`: renders on request and keeps earlier results in memory. */
const { root, command }: WorkerInput = workerData;
const memory = new Memory();

parentPort?.on('message', async () => {
  const answer: RenderOutcome = { out: '', err: '', ended: false, imported: [] };
  try {
    await renderCommand(root, { ...command, memory }, (part) => {
      answer.out += part;
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    answer.err = failureText(error);
    answer.ended = !(error instanceof DiagnosticsFailure);
  }
  answer.imported = [...memory.sources.imports.modules.keys()];
  parentPort?.postMessage(answer);
});
