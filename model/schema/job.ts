import { z } from 'zod';
import { duration } from './duration.ts';
import { command, processFields, resources } from './process.ts';
import { variables } from './variables.ts';

/**
 * Job that runs once for each change of the app, before the new version starts. If it fails, the old version keeps running. It uses
 * the app's image, variables, files and certificates, but not its volumes.
 */
export const job = z.strictObject({
  ...processFields,
  /** Program and its arguments; no shell reads them. */
  command,
  /** Environment variables that are added to those of the app or replace them. */
  env: variables.default({}),
  /** Reservation of its pod. */
  resources,
  /** Longest duration with all its attempts. */
  deadline: duration.default('10m'),
  /** Attempts after the first one. */
  retries: z.number().int().min(0).max(20).default(3),
});

/** Name of an app's component with the job that gates its roll-out. */
export function jobName(app: string): string {
  return `${app}-job`;
}
