import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';
import { table } from '../cli/table.ts';

const runSchema = z.object({
  command: z.string(),
  /** RFC 3339: when its last phase ended. */
  ended: z.string(),
  phases: z.array(
    z.object({
      title: z.string(),
      seconds: z.number(),
      unchanged: z.string().optional(),
      failed: z.string().optional(),
    }),
  ),
  /** Why it failed, or was interrupted. */
  failed: z.string().optional(),
  /** Whether its trace was sent to the collector. */
  sent: z.boolean(),
});

/** The phases of one run of a command, the last of which may have failed. */
export type Run = z.infer<typeof runSchema>;

/** Runs of a command that are kept for each cluster, and as many that failed. */
const kept = 20;

/** Runs that a comparison shows beside the newest one. */
const compared = 5;

function fileOf(cluster: string): string {
  return join(stateDir(), cluster, 'runs.json');
}

/** The runs of all commands on a cluster, the oldest first. */
export function readRuns(cluster: string): Run[] {
  const file = fileOf(cluster);
  if (!existsSync(file)) return [];
  try {
    return z.array(runSchema).parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new Failure(`${file} is no list of runs.`, `Remove it: rm ${file}`, { cause });
  }
}

/** Keeps the newest runs of each command. */
export function writeRuns(cluster: string, runs: readonly Run[]): void {
  const commands = [...new Set(runs.map(({ command }) => command))];
  const old = commands.flatMap((command) => {
    const [good, bad] = [false, true].map((failed) =>
      runs.filter((run) => run.command === command && (run.failed !== undefined) === failed),
    );
    return [...(good ?? []).slice(0, -kept), ...(bad ?? []).slice(0, -kept)];
  });
  const newest = runs.filter((run) => !old.includes(run));
  const file = fileOf(cluster);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(newest, null, 2)}\n`);
}

/** Prints the newest run of a command beside those before it, without those that failed: their times say nothing. */
export function showRuns(cluster: string, command: string): number {
  const runs = readRuns(cluster).filter((run) => run.command === command && run.failed === undefined);
  if (runs.length === 0) {
    throw new Failure(
      `no complete run of ${command} on '${cluster}' is known.`,
      `Make one: npm run ${command}`,
    );
  }
  process.stdout.write(`${compareRuns(runs)}\n`);
  return 0;
}

/** Seconds of each phase of the newest run, the median of those before it, and the runs themselves, the newest first. */
export function compareRuns(runs: readonly Run[]): string {
  const [newest, ...before] = runs.slice(-1 - compared).toReversed();
  if (newest === undefined) return '';
  const titles = [...new Set([newest, ...before].flatMap(({ phases }) => phases.map(({ title }) => title)))];
  const row = (title: string, of: (run: Run) => number | undefined) => {
    const now = of(newest);
    const earlier = before.map(of);
    const usual = median(earlier.filter((seconds) => seconds !== undefined));
    const change = now === undefined || usual === undefined ? undefined : now - usual;
    const signed = change === undefined ? '-' : `${change < 0 ? '' : '+'}${change.toFixed(1)}`;
    return [title, shown(now), shown(usual), signed, ...earlier.map(shown)];
  };
  const rows = titles.map((title) =>
    row(
      title,
      ({ phases }) => phases.find((phase) => phase.title === title && phase.failed === undefined)?.seconds,
    ),
  );
  const sum = row('all', ({ phases }) => phases.reduce((total, { seconds }) => total + seconds, 0));
  const header = [
    'SECONDS',
    newest.ended.slice(0, 16),
    'MEDIAN',
    'CHANGE',
    ...before.map(({ ended }) => ended.slice(0, 16)),
  ];
  return table(header, [...rows, sum]).join('\n');
}

function shown(seconds: number | undefined): string {
  return seconds === undefined ? '-' : seconds.toFixed(1);
}

function median(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? sorted[middle]
    : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2 || undefined;
}
