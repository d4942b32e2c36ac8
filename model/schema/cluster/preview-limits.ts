import { z } from 'zod';
import { duration } from '../duration.ts';
import { bytes, cores } from '../resources.ts';

/** Number, lifetime and resources of the previews of pull requests. */
export const previewLimits = z.strictObject({
  max: z.number().int().min(1).max(50).default(3).describe('Largest number of previews at the same time.'),
  lifetime: duration
    .default('7d')
    .describe('Time after the last change of its pull request at which a preview is stale.'),
  cpu: cores
    .default('500m')
    .describe('Cores that the pods of one app of a preview can reserve, with its database.'),
  memory: bytes
    .default('1Gi')
    .describe('Bytes that the pods of one app of a preview can reserve, with its database.'),
  storage: bytes.default('5Gi').describe('Bytes that the volumes of one app of a preview can have.'),
});

export type PreviewLimits = z.infer<typeof previewLimits>;
