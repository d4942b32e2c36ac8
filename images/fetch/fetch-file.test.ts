import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { fetchFile } from './fetch-file.ts';

let close: (() => void) | undefined;
afterEach(() => close?.());

/** A server that answers with each of these in turn, then with the last one. */
async function serve(
  ...turns: ((response: ServerResponse) => void)[]
): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_, response) => turns[Math.min(asked++, turns.length - 1)]?.(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`, asked: () => asked };
}

const status = (code: number) => (response: ServerResponse) => void response.writeHead(code).end();
const content = (response: ServerResponse): void => void response.writeHead(200).end('content');
const now = { pauses: [0, 0] };

it('returns the content at the third attempt if a server fails twice', async () => {
  const { url, asked } = await serve(status(503), (response) => response.destroy(), content);
  expect((await fetchFile(url, now)).toString()).toBe('content');
  expect(asked()).toBe(3);
});

it.each([429, 500, 503])('gives up after three answers of %i', async (code) => {
  const { url, asked } = await serve(status(code));
  await expect(fetchFile(url, now)).rejects.toThrow(`${url} answers ${code}`);
  expect(asked()).toBe(3);
});

it.each([403, 404])('sends one request if the answer is %i', async (code) => {
  const { url, asked } = await serve(status(code));
  await expect(fetchFile(url, now)).rejects.toThrow(`${url} answers ${code}`);
  expect(asked()).toBe(1);
});

it("fails with the server's name if the content stops", async () => {
  const { url } = await serve((response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half');
  });
  await expect(fetchFile(url, { pauses: [], silence: 0.2 })).rejects.toThrow(
    `${url} sends nothing for 0.2 s`,
  );
});

it("stops at once on its caller's signal", async () => {
  const ended = new AbortController();
  const { url } = await serve(() => ended.abort(new Error('the person pressed Ctrl-C')));
  await expect(fetchFile(url, { ...now, signal: ended.signal })).rejects.toThrow('the person pressed Ctrl-C');
});

it('reads a file address, and reports a missing file', async () => {
  expect((await fetchFile(import.meta.url)).toString()).toContain('reads a file address');
  await expect(fetchFile('file:///no/such/file')).rejects.toMatchObject({ status: 404 });
});
