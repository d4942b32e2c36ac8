import { z } from 'zod';

/** One sentence for people. It becomes an annotation; an object has room for 256 KiB of them (apimachinery, ValidateAnnotationsSize). */
export const sentence = z.string().min(1).max(1000, 'at most 1000 characters');

/** Reason for a choice, as one sentence. */
export const reason = z
  .string()
  .trim()
  .min(10, 'a sentence with the reason')
  .max(1000, 'at most 1000 characters');
