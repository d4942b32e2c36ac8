import { z } from 'zod';
import { duration, variables } from './cluster.ts';
import { command, processFields, resources } from './process.ts';

/**
 * Runs once for each change of the app, before its new version starts, and must succeed: else the old version goes on running.
 * In the app's own image, with its variables, files and certificates, and without its volumes.
 */
export const job = z.strictObject({
  ...processFields,
  command,
  /** Beside those of the app, or in their place. */
  env: variables.default({}),
  resources,
  /** How long it may take, with all its tries. */
  deadline: duration.default('10m'),
  /** Tries after the first one has failed. */
  retries: z.number().int().min(0).max(20).default(3),
});

/** The component of an app with the job that gates its roll-out. */
export function jobName(app: string): string {
  return `${app}-job`;
}
