import { z } from 'zod';

/** In JSON Schema, what `isStorable` asks for; half of a surrogate pair can't be written there. */
export const storablePattern = '^[^\\u0000]*$';

/** A text that Postgres keeps as it is: it has no NUL there, and UTF-8 has no half of a surrogate pair. */
export const storedText = z
  .string()
  .refine(isStorable, 'a text without the character NUL and without half a surrogate pair')
  .meta({ pattern: storablePattern });

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The same text with U+FFFD for what can't be kept, where it must not be lost. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
