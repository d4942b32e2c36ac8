import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Home, startHome } from '../../apps/home/src/home.ts';
import { type Demo, demos, fill } from '../../apps/home/test/demo.ts';
import { type FakeApi, fakeApi, paths } from '../../apps/home/test/fake-api.ts';
import { brokenDeployment, deployment, kustomization, pod, route } from '../../apps/home/test/objects.ts';
import { openChromium } from './chromium.ts';
import { countingProxy } from './counting-proxy.ts';
import { violations } from './violations.ts';

// A browser on a busy machine takes its time; nothing here waits longer than it must.
vi.setConfig({ testTimeout: 90_000, expect: { poll: { timeout: 20_000 } } });

let browser: Browser;
let api: FakeApi;
let home: Home;

beforeAll(async () => {
  browser = await openChromium();
}, 600_000); // Debian's package may have to come first

afterAll(() => browser?.close());

beforeEach(async () => {
  api = await fakeApi();
});

afterEach(async () => {
  await Promise.all(browser.contexts().map((context) => context.close()));
  await home.stop(0);
  await api.close();
});

async function start(kind: Demo): Promise<void> {
  fill(api, kind);
  home = await startHome({ api: { url: api.url }, port: 0, retryMs: 10 });
  await expect
    .poll(async () => (await fetch(`http://127.0.0.1:${home.port}/readyz`)).status, { timeout: 5_000 })
    .toBe(200);
}

async function open(options: BrowserContextOptions = {}, port = home.port): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  if (options.javaScriptEnabled !== false) await page.waitForSelector('#link.live');
  return page;
}

const wide = { width: 1280, height: 900 };
const phone = { width: 390, height: 844 };
/** The narrowest that WCAG asks for (1.4.10, Reflow). */
const narrowest = { width: 320, height: 640 };

describe.each(demos)('the front page of a cluster that is %s', (kind) => {
  test.each(['light', 'dark'] as const)('passes axe on wide and narrow screens, %s', async (colorScheme) => {
    await start(kind);
    for (const viewport of [wide, phone]) {
      expect(await violations(await open({ colorScheme, viewport })), `${viewport.width} px`).toEqual([]);
    }
  });

  test('needs no horizontal scrolling at 320 px', async () => {
    await start(kind);
    const page = await open({ viewport: narrowest });
    const over = `[...document.querySelectorAll('body *')].filter((element) =>
      element.getBoundingClientRect().right > ${narrowest.width}).map(({ outerHTML }) => outerHTML)`;
    expect(await page.evaluate(over)).toEqual([]);
  });
});

test('the front page shows a failing app and its recovery without a reload', async () => {
  await start('good');
  const page = await open({ viewport: wide });
  await page.evaluate('globalThis.sameDocument = true');
  await page.getByRole('link', { name: 'orders' }).focus();
  const verdict = page.locator('#verdict .headline');
  expect(await verdict.innerText()).toBe('Everything is in its place');

  const broken = brokenDeployment('orders');
  broken.metadata.annotations = { ...broken.metadata.annotations, 'plinth.io/summary': 'Takes orders.' };
  api.put(paths.deployments, broken);
  const waiting = { reason: 'CreateContainerConfigError', message: 'secret "key" not found' };
  api.put(paths.pods, pod('orders', { state: { waiting } }));
  await expect.poll(() => verdict.innerText()).toBe('One thing needs a look');
  expect(await page.locator('#problems').innerText()).toContain('secret "key" not found');
  expect(await page.title()).toContain('One thing needs a look');
  expect(await page.getByRole('status').innerText()).toBe('One thing needs a look. App orders');
  expect(await page.evaluate('document.activeElement.id')).toBe('open-orders');

  api.put(paths.deployments, deployment('orders'));
  api.remove(paths.pods, 'orders-7d9c5b9f8-x2lqp');
  await expect.poll(() => verdict.innerText()).toBe('Everything is in its place');
  expect(await page.locator('#problems').innerText()).toBe('');
  expect(await page.getByRole('status').innerText()).toBe('Everything is in its place');
  expect(await page.evaluate('globalThis.sameDocument')).toBe(true);
});

test('the front page reports a lost connection, and continues when the server is back', async () => {
  await start('good');
  const page = await open();
  const { port } = home;
  await home.stop(0);
  await page.waitForSelector('#link.lost');
  api.put(paths.deployments, deployment('late'));
  home = await startHome({ api: { url: api.url }, port, retryMs: 10 });
  await page.waitForSelector('#link.live');
  await page.waitForSelector('#open-late');
});

test('the front page can be used by keyboard, with a link that skips to the apps', async () => {
  await start('broken');
  const page = await open();
  const focused = (): Promise<string> => page.evaluate('document.activeElement.textContent');
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('To the apps');
  expect(await page.locator('.skip').boundingBox()).toMatchObject({ x: expect.any(Number) });
  await page.keyboard.press('Enter');
  const names: string[] = [];
  for (let press = 0; press < 4; press++) {
    await page.keyboard.press('Tab');
    names.push(await focused());
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
    expect(outline, names.at(-1)).toBe('solid');
  }
  expect(names).toEqual(['home', 'orders', 'stock', '/api/state']);
});

test('the front page is ordered for screen readers: one title, the verdict first, each section with a heading', async () => {
  await start('broken');
  const page = await open();
  const headings = `[...document.querySelectorAll('h1, h2')].map(({ tagName, innerText }) => tagName + ' ' + innerText)`;
  expect(await page.evaluate(headings)).toEqual([
    'H1 Plinth dev',
    'H2 Two things need a look',
    'H2 What needs a look',
    'H2 What runs here',
    'H2 Last changes',
    'H2 What it stands on',
    'H2 Certificates',
    'H2 The ground',
  ]);
  const row = page.getByRole('row', { name: /^traefik/ });
  expect(await row.getByRole('rowheader').innerText()).toBe('traefik');
  expect(await row.getByRole('cell').first().innerText()).toBe('Ready');
});

test('the front page has all content without JavaScript', async () => {
  await start('broken');
  const page = await open({ javaScriptEnabled: false });
  const text = await page.locator('body').innerText();
  expect(text).toContain('Two things need a look');
  expect(text).toContain("Its image can't be pulled");
  expect(text).toContain('Ada Byron');
  expect(text).toContain('Reload the page to see the newest state.');
});

test('the front page transfers less than 100 kB, also with forty apps', async () => {
  await start('broken');
  for (let number = 1; number <= 40; number++) {
    const name = `app-${number}`;
    api.put(
      paths.deployments,
      deployment(name, 'Does what forty others do, each with a sentence of its own.'),
    );
    api.put(paths.kustomizations, kustomization(name));
    api.put(paths.routes, route(name));
  }
  const proxy = await countingProxy(home.port);
  try {
    const page = await open({}, proxy.port);
    await page.waitForSelector('#open-app-40');
    // The icon comes last.
    await page.waitForLoadState('load');
    await expect
      .poll(() => page.evaluate("performance.getEntriesByType('resource').length"))
      .toBeGreaterThan(2);
    console.log(`front page with 43 apps: ${(proxy.received() / 1000).toFixed(1)} kB on the wire`);
    expect(proxy.received()).toBeGreaterThan(1_000);
    expect(proxy.received()).toBeLessThan(100_000);
  } finally {
    await proxy.close();
  }
});
