import { z } from 'zod';
import type { KeyNote } from './notes.ts';

/** Any Kubernetes object of the file. */
export const manifest = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
});
export type Manifest = z.infer<typeof manifest>;

/** Result of the Deployment's keys, built one key after the other. */
export interface ManifestDraft {
  app: string;
  all: Manifest[];
  pod: Record<string, unknown>;
  description: Record<string, unknown>;
  exceptions: { rule: string; reason: string }[];
  uses: object[];
  files: Record<string, string>;
  notes: KeyNote[];
}

/** Reports a key that has no equivalent in app.ts. */
export function drop({ notes }: ManifestDraft, key: string, text: string): void {
  notes.push({ key, fate: 'dropped', text });
}
