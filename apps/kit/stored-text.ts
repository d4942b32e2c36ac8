import { z } from 'zod';

/** A text that Postgres keeps as it is: it has no NUL there, and UTF-8 has no half of a surrogate pair. */
export const storedText = z
  .string()
  .refine(isStorable, 'a text without the character NUL and without half a surrogate pair')
  .meta({ pattern: '^[^\\u0000]*$' });

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The same text with U+FFFD for what can't be kept, where it must not be lost. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
