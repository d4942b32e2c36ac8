import { styleText } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { Failure } from '../failure.ts';
import { renderCommand } from './command.ts';
import { Memory } from './memory.ts';
import type { WorkerInput } from './watch.ts';

/** The thread of `render --watch`: renders when it is told to, with the memory of what it rendered before. */
const { root, command }: WorkerInput = workerData;
const memory = new Memory();

parentPort?.on('message', async () => {
  let text = '';
  try {
    await renderCommand(root, { ...command, memory }, (part) => {
      text += part;
    });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    text += `${styleText('red', 'error:')} ${error.message}\n  ${error.next}\n`;
  }
  parentPort?.postMessage(text);
});
