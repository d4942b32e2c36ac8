/** How long a number of equal tasks took. */
export interface Taken {
  /** Milliseconds of each, sorted. */
  times: number[];
  /** From the first to the end of the last. */
  seconds: number;
}

/** Carries out tasks, a number of them at once. */
export async function carryOut(
  tasks: number,
  atOnce: number,
  task: (i: number) => Promise<void>,
): Promise<Taken> {
  const times: number[] = [];
  const began = performance.now();
  let next = 0;
  const work = async () => {
    while (next < tasks) {
      const begun = performance.now();
      await task(next++);
      times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { times: times.sort((a, b) => a - b), seconds: (performance.now() - began) / 1_000 };
}

export const perSecond = ({ times, seconds }: Taken): number => times.length / seconds;

/** The time that this part of all tasks did not exceed. */
export const quantile = ({ times }: Taken, part: number): number =>
  times[Math.floor(times.length * part)] ?? 0;
