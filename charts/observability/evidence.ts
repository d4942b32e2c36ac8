import type { Environment } from '../../model/graph.ts';

/** Where commands look: the environment, and its store of log lines. */
type Place = Pick<Environment, 'name' | 'cluster'>;

/** The command for the state of everything. */
export function stateCommand({ name }: Pick<Place, 'name'>): string {
  return `State: npm run status -- --env ${name}`;
}

/** The command for log lines of an app or operator, whose name can be a template of Prometheus. */
export function linesCommand(
  { name: env }: Pick<Place, 'name'>,
  name: string,
  { since, more = '' }: { since: string; more?: string },
): string {
  return `Lines: npm run logs -- ${name}${more} --since ${since} --env ${env}`;
}

/** The commands for the requests of an app that failed or were slow. */
export function requestCommands(env: Place, app: string, since: string): string[] {
  const { observability } = env.cluster;
  // Only VictoriaLogs groups errors.
  const isGrouped = observability === 'off' || observability.store === 'light';
  return [
    `Traces: npm run trace -- --slow ${app} --env ${env.name}`,
    ...(isGrouped ? [`Errors: npm run errors -- ${app} --since ${since} --env ${env.name}`] : []),
    linesCommand(env, app, { since, more: ' --level error' }),
  ];
}
