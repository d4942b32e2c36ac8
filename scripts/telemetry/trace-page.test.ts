import { expect, it } from 'vitest';
import type { Trace } from './span.ts';
import { listHtml, treeHtml } from './trace-page.ts';

const span = {
  id: '1',
  service: 'orders',
  name: 'GET /<script>',
  start: 1_000,
  duration: 2_000,
  failed: true,
  attributes: { 'db.statement': '<img src=x onerror=alert(1)>' },
};
const trace: Trace = {
  id: 'ab',
  spans: [span, { ...span, id: '2', parent: '1', failed: false, start: 2_000, duration: 1_000 }],
};

it('shows a trace as rows with bars, log lines below their span, and escapes all of them', () => {
  const line = { time: '2026-03-01T10:00:00Z', message: '<b>bold</b>', span: '2', fields: {} };
  const page = treeHtml(trace, [line]);
  expect(page).toContain('<rect x="50.00" width="50.00" height="1">');
  expect(page).toContain('(failed)');
  expect(page).toContain('&lt;b&gt;bold&lt;/b&gt;');
  expect(page).not.toMatch(/<script|<img|<b>bold/);
});

it('links each service to its dashboard, which the same page serves', () => {
  const other = { ...span, id: '3', parent: '1', service: 'a/b "c"' };
  const page = treeHtml({ ...trace, spans: [span, other] }, []);
  expect(page).toContain('<a href="/dashboards/orders">orders</a>');
  expect(page).toContain('<a href="/dashboards/a%2Fb%20%22c%22">a/b &quot;c&quot;</a>');
});

it('does not repeat the trace on its lines', () => {
  const line = { time: '2026-03-01T10:00:00Z', message: 'said', span: '2', trace: 'ab', fields: {} };
  expect(treeHtml(trace, [line])).toContain('said</pre>');
});

it('lists the slowest request first, with a link to it', () => {
  const slower = { id: 'cd', spans: [{ ...span, duration: 9_000 }] };
  const page = listHtml(['jobs', 'orders'], { service: 'orders', failed: false }, [trace, slower]);
  expect(page.indexOf('/trace/cd')).toBeLessThan(page.indexOf('/trace/ab'));
  expect(page).toContain('<option selected>orders</option>');
});

it('reports that there are no requests', () => {
  expect(listHtml([], { service: '', failed: false }, [])).toContain('No request was traced');
});
