import { InvalidArgumentError } from 'commander';

/** The number of a pull request, or merge request, as somebody types it. */
export function requestNumber(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 1 && number <= 9_999_999) return number;
  throw new InvalidArgumentError('It is the number of a pull request, such as 12.');
}
