import type { Environment } from '../../model/graph.ts';

/** Commands that show the cause of an alert of an app or operator; `name` can be a template of Prometheus. */
export function commands(env: Pick<Environment, 'name' | 'cluster'>, name: string, since: string) {
  const of = `--env ${env.name}`;
  const { observability } = env.cluster;
  // Traces and groups of errors are in Grafana there, which has no command.
  const inGrafana = observability !== 'off' && observability.store === 'grafana';
  return {
    traces: inGrafana
      ? `Traces: npm run open -- traces ${of}`
      : `Traces: npm run trace -- --slow ${name} ${of}`,
    errors: inGrafana
      ? `Errors: npm run open -- logs ${of}`
      : `Errors: npm run errors -- ${name} --since ${since} ${of}`,
    lines: `Lines: npm run logs -- ${name} --since ${since} ${of}`,
    errorLines: `Lines: npm run logs -- ${name} --level error --since ${since} ${of}`,
    state: `State: npm run status -- ${of}`,
  };
}
