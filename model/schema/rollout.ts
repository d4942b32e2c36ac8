import { z } from 'zod';
import { duration, inSeconds } from './duration.ts';

/** Longest time for which one new pod is watched. */
const longestWatch = '1h';

/** Failed requests of a new pod that stop its roll-out. */
const rolloutErrors = z.strictObject({
  /**
   * Percentage of a new pod's requests that may fail, in addition to the percentage that fails in the old pods at the same time.
   * Default: what `objective.success` leaves, such as 0.5 for 99.5.
   */
  most: z.number().min(0.01, 'at least 0.01 percent').max(50, 'at most 50 percent').optional(),
  /** Number of failed requests of the new pod from which on the roll-out can stop. */
  from: z.number().int().min(3, 'at least 3').max(10_000, 'at most 10000').default(10),
  /**
   * `true`: the app also runs in environments with `observability: off`, where errors stop nothing. Default: such an environment is
   * refused.
   */
  optional: z.literal(true).optional(),
});

/** Gradual roll-out of a new version: one pod first, then one after the other. */
export const rollout = z.strictObject({
  /**
   * Time for which a new pod must be ready without a break before the next old pod is replaced. A pod that is not ready for as long
   * ends the roll-out: all other old pods keep serving. At most 1h; with `errors` at least 2m.
   */
  watch: duration.refine(
    (text) => !/^\d+[smhdw]$/.test(text) || inSeconds(text) <= inSeconds(longestWatch),
    `at most ${longestWatch}`,
  ),
  /**
   * A new pod that fails more requests than the old pods gets no further requests, and the roll-out stops. Requests are the server spans that
   * the app sends. Default: errors stop nothing.
   */
  errors: rolloutErrors.optional(),
});
