import { readFile } from 'node:fs/promises';
import type { RequestListener, ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { build } from 'esbuild';
import { escaped } from '../../apps/home/src/html.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { dashboardFiles } from '../../operators/grafana/chart.ts';
import { Failure } from '../cli/failure.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import { pageHeaders, pageHtml } from '../telemetry/local-page.ts';
import { dashboardData, type LightStores } from './panel-data.ts';
import { type DashboardView, type Panel, viewOf } from './panels.ts';
import { type Length, lengths, rangeOf } from './time-range.ts';

const headers = pageHeaders("script-src 'self'; connect-src 'self'; form-action 'none'");

/** Pages of dashboards for the local browser: a list at `/dashboards`, and each with the values of the stores. */
export async function dashboardPages(
  views: readonly DashboardView[],
  stores: LightStores,
): Promise<RequestListener> {
  const files = await assets();
  return (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost');
    const [, , name = '', part] = pathname.split('/');
    const file = files.get(pathname);
    if (file !== undefined) return send(response, 200, file.type, file.text);
    if (pathname === '/dashboards') return send(response, 200, 'text/html', listHtml(views));
    const view = pathname.startsWith('/dashboards/') ? views.find((each) => each.name === name) : undefined;
    if (view === undefined)
      return send(
        response,
        404,
        'text/html',
        html('Not found', '<p><a href="/dashboards">Dashboards</a></p>'),
      );
    if (part === undefined) return send(response, 200, 'text/html', dashboardHtml(view));
    const length = lengths.find((each) => each === searchParams.get('since')) ?? lengths[1];
    dashboardData(view, stores, rangeOf(length, Date.now() / 1_000)).then(
      (data) => send(response, 200, 'application/json', JSON.stringify(data)),
      (error: unknown) =>
        send(response, 502, 'text/plain', error instanceof Failure ? error.message : String(error)),
    );
  };
}

/** The same for all apps of an environment, and its platform. @throws DiagnosticsFailure if a description is wrong. */
export async function dashboardsOf(
  environment: string,
  root: string,
  stores: LightStores,
): Promise<RequestListener> {
  const { environments, diagnostics } = await loadGraph(root);
  if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  const found = environments.filter(({ name }) => name === environment);
  return dashboardPages(found.flatMap(dashboardFiles).map(viewOf), stores);
}

function send(response: ServerResponse, status: number, type: string, text: string): void {
  response.writeHead(status, { ...headers, 'content-type': `${type}; charset=utf-8` }).end(text);
}

/** The script of the pages with uPlot in it, and their styles. */
async function assets(): Promise<Map<string, { type: string; text: string }>> {
  const { outputFiles } = await build({
    entryPoints: [join(import.meta.dirname, 'browser/dashboard.ts')],
    ...{ bundle: true, write: false, format: 'iife', target: 'es2022', minify: true },
  });
  const uPlotStyle = createRequire(import.meta.url).resolve('uplot/dist/uPlot.min.css');
  const styles = await Promise.all(
    [uPlotStyle, join(import.meta.dirname, 'browser/dashboard.css')].map((path) => readFile(path, 'utf8')),
  );
  return new Map([
    ['/dashboard.js', { type: 'text/javascript', text: outputFiles[0]?.text ?? '' }],
    ['/dashboard.css', { type: 'text/css', text: styles.join('\n') }],
  ]);
}

function listHtml(views: readonly DashboardView[]): string {
  const rows = views.map(
    ({ name, title, description }) =>
      `<li><a href="/dashboards/${escaped(name)}">${escaped(title)}</a> ${escaped(description)}</li>`,
  );
  return html('Dashboards', `<ul>${rows.join('\n')}</ul><p><a href="/">Slowest requests</a></p>`);
}

function dashboardHtml({ title, description, sections }: DashboardView): string {
  const buttons = lengths.map(
    (length: Length) => `<button type="button" value="${length}">${length}</button>`,
  );
  const panel = ({ title: name, description: what, width }: Panel) =>
    `<section class="panel w${width}"><h3>${escaped(name)}</h3><p>${escaped(what)}</p><div class="content"></div></section>`;
  const groups = sections.map(
    ({ title: heading, panels }) =>
      `<h2>${escaped(heading)}</h2><div class="panels">${panels.map(panel).join('\n')}</div>`,
  );
  return html(
    title,
    `<p>${escaped(description)} <a href="/dashboards">All dashboards</a> <a href="/">Slowest requests</a></p>
<div id="lengths" role="group" aria-label="Time shown">${buttons.join('')} <output id="state"></output></div>
${groups.join('\n')}<script src="/dashboard.js"></script>`,
  );
}

function html(title: string, body: string): string {
  return pageHtml(title, '/dashboard.css', body);
}
