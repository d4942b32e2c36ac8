import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dashboard, lines, marks, plot, row, value } from '../../charts/observability/dashboards.ts';
import { dashboardPages } from '../../scripts/dashboards/dashboard-pages.ts';
import { viewOf } from '../../scripts/dashboards/panels.ts';
import { exemplarTrace, FakeStores } from '../observability/fake-stores.ts';
import { openChromium } from './chromium.ts';
import { violations } from './violations.ts';

const built = dashboard('orders', 'orders', 'Takes orders.')
  .annotation(marks('Releases', 'Release {{image_tag}}', 'started'))
  .withRow(row('Requests'))
  .withPanel(plot('Duration', 'Latency.', 's', [['slow', '{{span_name}}']], { exemplars: true, span: 24 }))
  .withPanel(value('Nodes', 'Ready.', 'short', ['nodes', '{{node}}']))
  .withPanel(lines('Newest', 'Lines.', '{k8s_namespace_name="orders"}'));
const view = viewOf({ folder: 'Apps', name: 'orders', dashboard: built.build() });

let stores: FakeStores;
let server: Server;
let browser: Browser;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  stores = await FakeStores.start();
  const listener = await dashboardPages([view], stores.light);
  server = createServer((request, response) =>
    request.url?.startsWith('/dashboard') ? listener(request, response) : response.end('a trace'),
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  browser = await openChromium();
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
}, 5 * 60_000);

afterAll(async () => {
  await browser?.close();
  server?.close();
  await stores?.stop();
});

const open = () =>
  page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/dashboards/orders`, {
    waitUntil: 'load',
  });

it('a dashboard is drawn, with a legend, values and log lines, and no violation of axe', async () => {
  await open();
  await page.waitForSelector('canvas');
  expect(await page.textContent('.u-legend')).toContain('POST /orders');
  expect(await page.textContent('.value')).toBe('3 one');
  expect(await page.textContent('.lines')).toContain('second <b>');
  expect(await page.textContent('#state')).toMatch(/^until /);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

it('another time is asked for by its button', async () => {
  await page.click('button[value="6h"]');
  await page.waitForSelector('button[value="6h"][aria-pressed="true"]');
  await expect
    .poll(() => {
      const { searchParams } =
        stores.asked.findLast(({ pathname }) => pathname.endsWith('query_range')) ?? {};
      return Number(searchParams?.get('end')) - Number(searchParams?.get('start'));
    })
    .toBe(6 * 3_600);
});

it('a diamond, and the link below the plot, open the trace of the request', async () => {
  await open();
  const link = await page.waitForSelector('.exemplars a');
  expect(await link.getAttribute('href')).toBe(`/trace/${exemplarTrace}`);
  // The exemplar lies in the middle of the time; its value is the unknown.
  const box = await (await page.waitForSelector('.u-over')).boundingBox();
  if (box === null) throw new Error('the plot has no place');
  const x = box.x + box.width / 2;
  for (let y = box.y + 4; y < box.y + box.height && !page.url().includes('/trace/'); y += 8)
    await page.mouse.click(x, y);
  await page.waitForURL(`**/trace/${exemplarTrace}`);
});

it('stores that do not answer are reported on the page', async () => {
  stores.status = 500;
  await open();
  await expect.poll(() => page.textContent('#state')).toContain('answered 500');
  stores.status = 200;
});
