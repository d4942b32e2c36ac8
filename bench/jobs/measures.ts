import { setTimeout as sleep } from 'node:timers/promises';
import type { Side } from './side.ts';

const atOnce = 32;

/** Enqueued jobs per second with the given number of parallel callers. */
export async function enqueueing(side: Side, queue: string, jobs: number): Promise<number> {
  await side.enqueue(queue);
  const began = performance.now();
  let left = jobs - 1;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (left-- > 0) await side.enqueue(queue);
    }),
  );
  return ((jobs - 1) / (performance.now() - began)) * 1000;
}

/** Jobs per second taken from a full queue, until it is empty. */
export async function working(side: Side, queue: string, jobs: number): Promise<number> {
  const began = performance.now();
  let done = 0;
  let all = () => {};
  const finished = new Promise<void>((resolve) => {
    all = resolve;
  });
  const worker = await side.work(queue, atOnce, () => {
    if (++done === jobs) all();
  });
  await Promise.race([finished, late()]);
  const rate = (jobs / (performance.now() - began)) * 1000;
  await worker.stop();
  return rate;
}

/** Milliseconds from sending a job until a waiting worker receives it, one job after another. */
export async function latencies(side: Side, queue: string, jobs: number): Promise<number[]> {
  let arrived = () => {};
  const worker = await side.work(queue, 1, () => arrived());
  await sleep(1_000);
  const waits: number[] = [];
  for (let n = 0; n < jobs; n++) {
    const taken = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const began = performance.now();
    await side.enqueue(queue);
    await Promise.race([taken, late()]);
    waits.push(performance.now() - began);
  }
  await worker.stop();
  return waits;
}

async function late(): Promise<never> {
  await sleep(120_000, undefined, { ref: false });
  throw new Error('the jobs were not done within two minutes');
}
