import { z } from 'zod';
import type { KeyNote } from './notes.ts';

/** Result of the service's keys, built one key after the other. */
export interface ComposeDraft {
  description: Record<string, unknown>;
  exceptions: { rule: string; reason: string }[];
  notes: KeyNote[];
}

/** Reads the value of one key of a service into the draft. */
export type Reader = (value: unknown, draft: ComposeDraft, key: string) => void;

/** A reader that only reports the fate of a key. */
export const note =
  (fate: KeyNote['fate'], text: string): Reader =>
  (_value, { notes }, key) =>
    void notes.push({ key, fate, text });

/** One text or a list of them, as most keys allow. */
export const texts = z.union([z.string(), z.array(z.coerce.string())]);
