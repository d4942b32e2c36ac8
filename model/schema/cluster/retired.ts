import { z } from 'zod';
import { appName } from '../app-name.ts';
import { volumeName } from '../kubernetes-names.ts';
import { bytes } from '../resources.ts';

const retiredReason = z
  .string()
  .trim()
  .min(10, 'a sentence with the reason')
  .describe('Reason why it is no longer needed, or where its data goes.');

const retiredDatabase = z.discriminatedUnion('data', [
  z.strictObject({
    database: appName.describe('App that owned the database.'),
    data: z
      .literal('keep')
      .describe('Keeps the database running with its data, certificates and backups; no app can reach it.'),
    storage: bytes.describe(
      'Size of its volume in bytes, as in database.storage; it can grow and never shrink.',
    ),
    reason: retiredReason,
  }),
  z.strictObject({
    database: appName.describe('App that owned the database.'),
    data: z.literal('delete').describe('Flux deletes the database with its volumes; only backups remain.'),
    reason: retiredReason,
  }),
]);

const retiredVolume = z.strictObject({
  volume: volumeName.describe(
    'Name of the volume in its app. It stays in the namespace of the app until it is deleted by hand.',
  ),
  app: appName.describe('App that had the volume.'),
  reason: retiredReason,
});

/** A database or volume that no app describes any more. */
export const retired = z.union([retiredDatabase, retiredVolume]);

export type RetiredDatabase = z.infer<typeof retiredDatabase>;
