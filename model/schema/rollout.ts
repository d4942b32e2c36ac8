import { z } from 'zod';
import { duration, inSeconds } from './duration.ts';

/** Longest time for which one new pod is watched. */
const longestWatch = '1h';

/** Gradual roll-out of a new version: one pod first, then one after the other. */
export const rollout = z.strictObject({
  /**
   * Time for which a new pod must be ready without a break before the next old pod is replaced. A pod that is not ready for as long
   * ends the roll-out: all other old pods keep serving. At most 1h.
   */
  watch: duration.refine(
    (text) => !/^\d+[smhdw]$/.test(text) || inSeconds(text) <= inSeconds(longestWatch),
    `at most ${longestWatch}`,
  ),
});
