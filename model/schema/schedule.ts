import { z } from 'zod';
import { faultOfCron } from './cron.ts';
import { duration } from './duration.ts';
import { timeZone } from './time-zone.ts';

/** Schedule of an app (Kubernetes, 'CronJob'). */
export const schedule = z.strictObject({
  /** Cron expression with five fields: minute, hour, day of the month, month, day of the week. */
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
  /** Time zone of the cron expression, an IANA name. */
  timeZone: timeZone.default('UTC'),
  /** Action where the previous run has not ended: skip the new run, run both, or end the previous one. */
  overlap: z.enum(['forbid', 'allow', 'replace']).default('forbid'),
  /** Longest duration of a run with all its attempts. */
  deadline: duration.default('1h'),
  /** Longest delay of a start, for example after an outage of the cluster. */
  late: duration.default('10m'),
  /** Attempts after the first one. */
  retries: z.number().int().min(0).max(20).default(0),
  /** Number of ended runs that are kept with their logs. */
  history: z
    .strictObject({
      /** Runs that succeeded. */
      succeeded: z.number().int().min(0).max(100).default(1),
      /** Runs that failed. */
      failed: z.number().int().min(1).max(100).default(3),
    })
    .prefault({}),
});
