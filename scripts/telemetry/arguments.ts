import { InvalidArgumentError } from 'commander';
import { inSeconds } from '../../model/schema/duration.ts';

/** A duration given as an argument, such as 10m. */
export function parseDuration(text: string): string {
  try {
    inSeconds(text);
    return text;
  } catch {
    throw new InvalidArgumentError('a duration is such as 30s, 10m, 2h or 7d.');
  }
}

/** A count given as an argument. */
export function parseCount(text: string): number {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1) throw new InvalidArgumentError('a number from 1 up.');
  return number;
}
