import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { cacheDir } from '../../images/cache/paths.ts';

const schema = z.record(z.string(), z.number().positive());

/** Duration in seconds of each part of the tests, from the last time that it passed on this machine. */
export type Durations = z.infer<typeof schema>;

const file = (): string => join(cacheDir(), 'test-durations.json');

/** Reads them; empty if no part has passed here yet, or if the file cannot be read. */
export function readDurations(): Durations {
  try {
    return schema.parse(JSON.parse(readFileSync(file(), 'utf8')));
  } catch {
    return {};
  }
}

/** Records the duration of a part that has passed. */
export function noteDuration(part: string, seconds: number): void {
  mkdirSync(dirname(file()), { recursive: true });
  writeFileSync(file(), `${JSON.stringify({ ...readDurations(), [part]: Math.ceil(seconds) }, null, 2)}\n`);
}

/** Total duration of these parts in words: as on this machine last time, else `usual`. */
export function expectedDuration(parts: string[], known: Durations, usual: string): string {
  const seconds = parts.map((part) => known[part]);
  if (seconds.some((one) => one === undefined)) return `${usual} on two cores`;
  const minutes = seconds.reduce<number>((sum, one) => sum + (one ?? 0), 0) / 60;
  return `${minutes < 1.5 ? 'about a minute' : `about ${Math.round(minutes)} minutes`}, as on this machine last time`;
}
