import { suggest } from '../../model/diagnostics/nearest.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { Failure } from '../cli/failure.ts';
import { chartObjects } from '../helm/chart-objects.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import { explain } from './explain.ts';
import { explainChart, printChart } from './explain-chart.ts';
import { printExplanation } from './print-explanation.ts';

/** Arguments of `npm run explain --`. */
export interface ExplainCommand {
  app: string;
  /** Default: the first environment where the app runs. */
  env?: string;
  json?: boolean;
}

/** The explanation as text. */
export async function explainCommand(root: string, command: ExplainCommand): Promise<string> {
  const { app: name, env: environment, json = false } = command;
  const { environments, diagnostics } = await loadGraph(root);
  if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  const names = environments.map((env) => env.name);
  if (environment !== undefined && !names.includes(environment)) {
    const next = suggest(environment, names, 'list clusters/');
    throw new Failure(`there is no environment '${environment}'`, capital(next));
  }
  const here = environments.filter((env) => environment === undefined || env.name === environment);
  for (const env of here) {
    const app = env.apps.find((each) => each.name === name);
    if (app === undefined) continue;
    const { charts, diagnostics: ofCharts } = await chartObjects(root, env);
    if (ofCharts.length > 0) throw new DiagnosticsFailure(ofCharts);
    const explanation = explain(root, env, app, charts);
    return json ? `${JSON.stringify(explanation, null, 2)}\n` : printExplanation(explanation);
  }
  for (const env of here) {
    const operator = env.operators.find((each) => each.name === name);
    if (operator?.chart === undefined) continue;
    const { charts, diagnostics: ofCharts } = await chartObjects(root, env);
    if (ofCharts.length > 0) throw new DiagnosticsFailure(ofCharts);
    const explanation = explainChart(root, env, operator, operator.chart, charts);
    return json ? `${JSON.stringify(explanation, null, 2)}\n` : printChart(explanation);
  }
  const running = [
    ...new Set(
      here.flatMap(({ apps, operators }) => [
        ...apps.map((app) => app.name),
        ...operators.filter(({ chart }) => chart !== undefined).map((operator) => operator.name),
      ]),
    ),
  ];
  throw new Failure(
    `no app and no Helm chart '${name}' runs in ${environment ?? 'any environment'}`,
    capital(suggest(name, running, `add it to apps in clusters/${environment ?? 'dev'}/cluster.yaml`)),
  );
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
