import { InvalidArgumentError } from 'commander';

/** Parses a JSON object given as an argument; refuses any other JSON value. */
export function parseJsonObject(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`not JSON: ${error instanceof Error ? error.message : error}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`expected a JSON object, such as '{"order":7}'.`);
  }
  return Object.fromEntries(Object.entries(value));
}

/** Parses a point in time given as an argument. */
export function parseTime(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('expected a time such as 2030-01-31T08:00Z.');
  return time;
}
