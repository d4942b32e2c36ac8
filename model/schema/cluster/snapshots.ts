import { z } from 'zod';

/** Schedule of snapshots of all volumes, and the number that is kept. */
export const snapshots = z.strictObject({
  every: z
    .union([1, 2, 3, 4, 6, 8, 12, 24].map((hours) => z.literal(hours)))
    .default(24)
    .describe('Hours between two snapshots: 1, 2, 3, 4, 6, 8, 12 or 24.'),
  at: z
    .string()
    .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "a time such as '03:00'")
    .default('03:00')
    .describe('Time of the first snapshot of a day, in UTC; it begins within an hour.'),
  keep: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(7)
    .describe('Number of snapshots that are kept of each volume.'),
});
