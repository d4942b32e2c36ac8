import { nearest } from '../../model/diagnostics/nearest.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';

/**
 * Refuses names that are not apps of the environment.
 * @param command The command that the user typed, such as `deploy`.
 */
export function checkApps(
  { name: environment, apps }: Environment,
  wanted: readonly string[],
  command: string,
): void {
  const known = apps.map(({ name }) => name);
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const near = nearest(unknown, known);
  throw new Failure(
    `there is no app '${unknown}' in ${environment}: apps/${unknown}/app.ts does not exist, or clusters/${environment}/cluster.yaml does not list it.`,
    near === undefined
      ? `The apps there: ${known.join(', ')}`
      : `Did you mean: npm run ${command} -- ${near}`,
  );
}
