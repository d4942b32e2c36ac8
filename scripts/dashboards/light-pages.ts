import type { RequestListener } from 'node:http';
import { stripVTControlCharacters } from 'node:util';
import type { Store } from '../telemetry/store.ts';
import { tracePages } from '../telemetry/trace-page.ts';
import type { LightStores } from './panel-data.ts';

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
    // Imported dynamically: pages of traces do not need the charts, which are slow to load.
    dashboards ??= import('./dashboard-pages.ts').then(({ dashboardsOf }) =>
      dashboardsOf(environment, root, stores),
    );
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
