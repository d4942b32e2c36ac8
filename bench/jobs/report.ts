import { table } from '../../scripts/cli/table.ts';

interface Figures {
  side: string;
  enqueued: number;
  worked: number;
  waits: number[];
}

/** Medians over the rounds, and the ratio of the service, which is last, to each of the others. */
export function report(all: readonly Figures[], machine: { cores: number; load: number }): string {
  const sides = [...new Set(all.map(({ side }) => side))].map((side) => {
    const own = all.filter((each) => each.side === side);
    const waits = own.flatMap((each) => each.waits);
    return {
      side,
      enqueued: quantile(
        own.map((each) => each.enqueued),
        0.5,
      ),
      worked: quantile(
        own.map((each) => each.worked),
        0.5,
      ),
      half: quantile(waits, 0.5),
      most: quantile(waits, 0.95),
    };
  });
  const last = sides.at(-1);
  const ratio = (of: number, to: number | undefined) => (to === undefined ? '' : `${(to / of).toFixed(2)}x`);
  return [
    ...table(
      ['', 'ENQUEUED/S', 'WORKED/S', 'PICK-UP P50', 'PICK-UP P95'],
      sides.map(({ side, enqueued, worked, half, most }) => [
        side,
        enqueued.toFixed(0),
        worked.toFixed(0),
        `${half.toFixed(1)} ms`,
        `${most.toFixed(1)} ms`,
      ]),
    ),
    '',
    ...sides
      .slice(0, -1)
      .map(
        ({ side, enqueued, worked, half, most }) =>
          `jobs to ${side}: enqueued ${ratio(enqueued, last?.enqueued)}, worked ${ratio(worked, last?.worked)}, p50 ${ratio(half, last?.half)}, p95 ${ratio(most, last?.most)}`,
      ),
    `${machine.cores} cores, load ${machine.load.toFixed(1)}`,
  ].join('\n');
}

function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
