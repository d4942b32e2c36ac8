import { z } from 'zod';

/** Latency bounds of objectives, with their seconds: the buckets of the collector's histogram of spans. */
export const durationBounds = {
  '5ms': 0.005,
  '10ms': 0.01,
  '25ms': 0.025,
  '50ms': 0.05,
  '100ms': 0.1,
  '250ms': 0.25,
  '500ms': 0.5,
  '1s': 1,
  '2500ms': 2.5,
  '5s': 5,
  '10s': 10,
} as const;

const bounds = Object.keys(durationBounds) as (keyof typeof durationBounds)[];

/** Service level objective over four weeks: the percentage of requests that succeed within a time. */
export const objectiveSchema = z.strictObject({
  /** Percentage of requests that succeed. */
  success: z.number().min(90, 'at least 90 percent').max(99.99, 'at most 99.99 percent'),
  /** Time within which they succeed. */
  within: z.enum(bounds),
});

export type Objective = z.infer<typeof objectiveSchema>;
