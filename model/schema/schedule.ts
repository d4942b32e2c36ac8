import { z } from 'zod';
import { duration } from './cluster.ts';
import { faultOfCron } from './cron.ts';

/** A time zone of the IANA database, as Go reads it: by its exact name, and never the machine's own. */
function isTimeZone(name: string): boolean {
  return name === 'UTC' || Intl.supportedValuesOf('timeZone').includes(name) || /^Etc\/(UTC|GMT)$/.test(name);
}

/** When a scheduled app runs (Kubernetes, 'CronJob'). */
export const schedule = z.strictObject({
  /** Five fields: minutes, hours, day of the month, month, day of the week. */
  cron: z.string().superRefine((text, context) => {
    const fault = faultOfCron(text);
    if (fault === undefined) return;
    context.addIssue({
      code: 'custom',
      message: fault,
      params: { fix: "write five fields such as '30 2 * * *', every day at 2:30" },
      input: text,
    });
  }),
  /** Where the clock hangs. */
  timeZone: z
    .string()
    .refine(isTimeZone, {
      error: 'it is no name of the IANA time zone database',
      params: { fix: "write a time zone such as 'Europe/Berlin' or 'UTC'" },
    })
    .default('UTC'),
  /** When the time comes and the last run has not ended: leave it out, run both, or end the last one. */
  overlap: z.enum(['forbid', 'allow', 'replace']).default('forbid'),
  /** How long one run may take, with all its tries; then it has failed. */
  deadline: duration.default('1h'),
  /** How much later than its time a run may still start, where the cluster was away. */
  late: duration.default('10m'),
  /** Tries after the first one has failed. */
  retries: z.number().int().min(0).max(20).default(0),
  /** How many runs that ended are kept, with their logs. */
  history: z
    .strictObject({
      succeeded: z.number().int().min(0).max(100).default(1),
      failed: z.number().int().min(1).max(100).default(3),
    })
    .prefault({}),
});
