import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { FakeAccounts } from '../../apps/web/test/fake-accounts.ts';
import { bundle } from '../../scripts/app-images/bundle.ts';
import { openChromium } from './chromium.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'apps/web');

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

/** The headers that nginx adds to each of its own answers. */
function nginxHeaders(): Record<string, string> {
  const text = readFileSync(join(folder, 'nginx/headers.conf'), 'utf8');
  const found = [...text.matchAll(/^add_header (\S+) (?:"([^"]*)"|(\S+)) always;$/gm)];
  return Object.fromEntries(found.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]));
}

/** The bundled pages of apps/web before an API in memory, and Chromium. */
export class WebWorld {
  api = new FakeAccounts();
  /** Compressed bytes of the pages' files that were sent. */
  sentBytes = 0;
  /** Whether files in `/assets` are gone, as after the roll-out of another version. */
  isReplaced = false;
  readonly browser: Browser;
  readonly origin: string;
  #server: Server;

  private constructor(server: Server, browser: Browser, origin: string) {
    this.#server = server;
    this.browser = browser;
    this.origin = origin;
  }

  static async start(): Promise<WebWorld> {
    await bundle({ root, folder: 'apps/web', entry: 'index.html' });
    const headers = nginxHeaders();
    expect(headers['content-security-policy']).toContain("script-src 'self'");
    const server = createServer((request, response) => void world.#answer(request, response, headers));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://app.localhost:${(server.address() as AddressInfo).port}`;
    const world = new WebWorld(server, await openChromium(), origin);
    return world;
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    headers: Record<string, string>,
  ): Promise<void> {
    const { method = '', url = '' } = request;
    const path = new URL(url, this.origin).pathname;
    if (path === '/api/orders/v1/order-events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      return void response.write('retry: 1000\n\n');
    }
    if (path.startsWith('/api/') || path.startsWith('/.sign-in/')) {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const answer = this.api.answer(method, url, Buffer.concat(chunks).toString());
      await this.api.delay;
      if (answer === 'no connection') return void response.destroy();
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      return void response.end(JSON.stringify(answer.body));
    }
    if (this.isReplaced && path.startsWith('/assets/')) return void response.writeHead(404).end();
    const asked = join(folder, 'dist', path);
    const file = extname(path) !== '' && existsSync(asked) ? asked : join(folder, 'dist/index.html');
    const body = gzipSync(readFileSync(file), { level: 6 });
    this.sentBytes += body.length;
    response
      .writeHead(200, { ...headers, 'content-type': types[extname(file)], 'content-encoding': 'gzip' })
      .end(body);
  }

  /** Another API in memory, as it is at first. */
  reset(): void {
    this.api = new FakeAccounts();
    this.isReplaced = false;
  }

  /** A page once it shows `words`, and what its browser complains about: what the policy stopped, and errors of scripts. */
  async opened(path: string, words: string): Promise<{ page: Page; complaints: string[] }> {
    const context = await this.browser.newContext({ viewport: { width: 320, height: 640 } });
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error' && !/status of 4\d\d/.test(message.text()))
        complaints.push(message.text());
    });
    await page.goto(`${this.origin}${path}`);
    await page.getByText(words).first().waitFor();
    return { page, complaints };
  }

  async closePages(): Promise<void> {
    await Promise.all(this.browser.contexts().map((context) => context.close()));
  }

  async stop(): Promise<void> {
    await this.browser.close();
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
