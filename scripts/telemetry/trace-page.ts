import type { RequestListener } from 'node:http';
import { z } from 'zod';
import { escaped } from '../../apps/home/src/html.ts';
import { Failure } from '../cli/failure.ts';
import { searchTraces, traceById } from './jaeger.ts';
import { pageHeaders, pageHtml } from './local-page.ts';
import { type LogLine, printLine } from './log-line.ts';
import { logLines } from './logs.ts';
import { lengthOf, milliseconds, type Trace } from './span.ts';
import { jsonOf, type Store } from './store.ts';
import { extentOf, summaryOf, treeOf } from './trace-tree.ts';

const services = z.object({ data: z.array(z.string()).nullable() });

/** Number of rows in the list. */
const rowsShown = 50;

const headers = pageHeaders("form-action 'self'");

/** Pages for the local browser: the slowest requests, and one trace as a tree with the log lines of each span. */
export function tracePages(jaeger: Store, lines: Store): RequestListener {
  return (request, response) => {
    const type = (text: string) => ({ ...headers, 'content-type': `${text}; charset=utf-8` });
    if (request.url === '/style.css') {
      response.writeHead(200, type('text/css')).end(traceStyle);
      return;
    }
    page(request.url ?? '/', jaeger, lines).then(
      (found) => {
        response.writeHead(found === undefined ? 404 : 200, type('text/html'));
        response.end(found ?? html('Not found', '<p><a href="/">All requests</a></p>'));
      },
      (error: unknown) => {
        const said = error instanceof Failure ? `${error.message} ${error.next}` : String(error);
        response.writeHead(502, type('text/html')).end(html('The request failed', `<p>${escaped(said)}</p>`));
      },
    );
  };
}

async function page(path: string, jaeger: Store, lines: Store): Promise<string | undefined> {
  const { pathname, searchParams } = new URL(path, 'http://localhost');
  const id = /^\/trace\/([0-9a-f]{16,32})$/.exec(pathname)?.[1];
  if (id !== undefined) {
    const [trace, said] = await Promise.all([traceById(jaeger, id), logLines(lines, { trace: id }, 1_000)]);
    return treeHtml(trace, said);
  }
  if (pathname !== '/') return undefined;
  const names = services.parse(await jsonOf(jaeger, '/api/services')).data ?? [];
  const service = searchParams.get('service') ?? names.toSorted()[0] ?? '';
  const failed = searchParams.get('failed') !== null;
  const search = { service, sinceSeconds: 3_600, limit: rowsShown, failed };
  const found = service === '' ? [] : await searchTraces(jaeger, search);
  return listHtml(names.toSorted(), { service, failed }, found);
}

export function listHtml(
  names: readonly string[],
  { service, failed }: { service: string; failed: boolean },
  traces: readonly Trace[],
): string {
  const options = names.map(
    (name) => `<option${name === service ? ' selected' : ''}>${escaped(name)}</option>`,
  );
  const rows = traces
    .toSorted((a, b) => lengthOf(b) - lengthOf(a))
    .slice(0, rowsShown)
    .map((trace) => {
      const first = trace.spans[0];
      const result = trace.spans.some((span) => span.failed) ? '<td class="failed">failed' : '<td>ok';
      const cells = [
        `<td><a href="/trace/${escaped(trace.id)}">${escaped(first?.name ?? trace.id)}</a>`,
        `<td class="number">${milliseconds(lengthOf(trace))}`,
        `<td class="number">${trace.spans.length}`,
        result,
        `<td>${new Date((first?.start ?? 0) / 1_000).toISOString()}`,
      ];
      return `<tr>${cells.join('</td>')}</td></tr>`;
    });
  return html(
    'Slowest requests of the last hour',
    `<p><a href="/dashboards">Dashboards</a></p><form><label>Service <select name="service">${options.join('')}</select></label>
<label><input type="checkbox" name="failed"${failed ? ' checked' : ''}> only failed</label> <button>Show</button></form>
${rows.length === 0 ? '<p>No request was traced in that time.</p>' : `<table><thead><tr><th>Request</th><th>Duration</th><th>Spans</th><th>Result</th><th>Started</th></tr></thead><tbody>${rows.join('\n')}</tbody></table>`}`,
  );
}

export function treeHtml(trace: Trace, lines: readonly LogLine[]): string {
  const { rows, loose } = treeOf(trace, lines);
  const { begin, whole } = extentOf(trace);
  const said = (line: LogLine) => `<pre>${escaped(printLine(line))}</pre>`;
  const body = rows.map(({ span, depth, lines: own }) => {
    const from = ((span.start - begin) / whole) * 100;
    const width = Math.max(0.3, (span.duration / whole) * 100);
    const attributes = Object.entries(span.attributes).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`,
    );
    // SVG, because the page's policy forbids style attributes.
    const bar = `<svg viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true"><rect x="${from.toFixed(2)}" width="${width.toFixed(2)}" height="1"></rect></svg>`;
    const name = `${'\u2003'.repeat(depth)}<b><a href="/dashboards/${escaped(encodeURIComponent(span.service))}">${escaped(span.service)}</a></b> ${escaped(span.name)}`;
    return `<tr${span.failed ? ' class="failed"' : ''}><td><details><summary>${name}${span.failed ? ' (failed)' : ''}</summary><pre>${escaped(attributes.join('\n'))}</pre></details>${own.map(said).join('')}</td><td class="number">${milliseconds(span.duration)}</td><td>${bar}</td></tr>`;
  });
  return html(
    `Trace ${trace.id}`,
    `<p>${escaped(summaryOf(trace, lines))}. <a href="/">All requests</a> <a href="/dashboards">Dashboards</a></p>
<table><thead><tr><th>Span</th><th>Duration</th><th class="wide">Time</th></tr></thead><tbody>${body.join('\n')}</tbody></table>
${loose.length === 0 ? '' : `<h2>Lines of spans that were not kept</h2>${loose.map(said).join('')}`}`,
  );
}

/** Style sheet of all pages; a separate file, because the policy allows nothing inline. */
const traceStyle = `:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { margin: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.2rem 0.8rem 0.2rem 0; border-bottom: 1px solid #8884; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.wide { width: 40%; }
.failed { color: light-dark(#b00020, #ff8a80); }
pre { margin: 0.2rem 0 0.2rem 2rem; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.9em; }
svg { width: 100%; height: 0.8rem; fill: light-dark(#2962ff, #82b1ff); }
.failed svg { fill: currentcolor; }
`;

function html(title: string, body: string): string {
  return pageHtml(title, '/style.css', body);
}
