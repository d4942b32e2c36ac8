import { z } from 'zod';

/** A text as the JSON that it holds; an issue where it holds none. */
export const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'no JSON', input: text });
    return z.NEVER;
  }
});
