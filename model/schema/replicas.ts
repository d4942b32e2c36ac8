import { z } from 'zod';

/** Number of pods of an app; or the bounds of a HorizontalPodAutoscaler with its target load, in percent of the reserved cores. */
export const replicas = z.union([
  z.number().int().min(0).max(100).describe('Number of pods.'),
  z.strictObject({
    min: z.number().int().min(1).max(100).describe('Smallest number of pods.'),
    max: z
      .number()
      .int()
      .min(2)
      .max(100)
      .describe('Largest number of pods; all of them must fit on the nodes.'),
    cpu: z
      .number()
      .int()
      .min(1)
      .max(1000)
      .default(80)
      .describe('Target load, in percent of the reserved cores; pods are added above it.'),
  }),
]);

export type Replicas = z.infer<typeof replicas>;

/** The smallest and the largest number of pods. */
export function replicaRange(given: Replicas): { min: number; max: number } {
  return typeof given === 'number' ? { min: given, max: given } : given;
}
