import { z } from 'zod';

/** JSON Schema pattern for `isStorable`; it cannot express unpaired surrogates. */
export const storablePattern = '^[^\\u0000]*$';

/** Whether Postgres can store a text unchanged: it supports no NUL, and UTF-8 no unpaired surrogates. */
export const storedText = z
  .string()
  .refine(isStorable, 'a text without NUL and unpaired surrogates')
  .meta({ pattern: storablePattern });

export function isStorable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0');
}

/** The text with U+FFFD for characters that cannot be stored, for texts that must not be lost. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\uFFFD');
}
