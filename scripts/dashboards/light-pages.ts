import type { RequestListener } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import { loadGraph } from '../../model/load-graph.ts';
import { dashboardFiles } from '../../operators/grafana/chart.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import type { Store } from '../telemetry/store.ts';
import { tracePages } from '../telemetry/trace-page.ts';
import { dashboardPages } from './dashboard-pages.ts';
import type { LightStores } from './panel-data.ts';
import { viewOf } from './panels.ts';

/** The pages of traces and dashboards of an environment with `store: light`. The description of the apps is read for the first dashboard. */
export function lightPages(
  environment: string,
  root: string,
  stores: LightStores & { traces: Store },
): RequestListener {
  const traces = tracePages(stores.traces, stores.lines);
  let dashboards: Promise<RequestListener> | undefined;
  return (request, response) => {
    if (!request.url?.startsWith('/dashboard')) {
      traces(request, response);
      return;
    }
    dashboards ??= dashboardsOf(environment, root, stores);
    dashboards.then(
      (listener) => listener(request, response),
      (error: unknown) => {
        // The next request reads the description again.
        dashboards = undefined;
        response
          .writeHead(500, { 'content-type': 'text/plain; charset=utf-8' })
          .end(`${stripVTControlCharacters(String(error))}\n`);
      },
    );
  };
}

async function dashboardsOf(
  environment: string,
  root: string,
  stores: LightStores,
): Promise<RequestListener> {
  const { environments, diagnostics } = await loadGraph(root);
  if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  const found = environments.filter(({ name }) => name === environment);
  return dashboardPages(found.flatMap(dashboardFiles).map(viewOf), stores);
}
