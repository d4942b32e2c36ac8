import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { hash1 } from './go-sum.ts';
import { goModule } from './module.ts';

const files = {
  'example.org/m@v1.0.0/go.mod': Buffer.from('module example.org/m\n'),
  'example.org/m@v1.0.0/crd/a.yaml': Buffer.from('a: 1\n'),
};
const zip = zipSync(files);
const sum = hash1(new Map(Object.entries(files)));

let folder: string;
let server: Server;
let answers: Record<string, { status: number; body?: Uint8Array | string }>;
let asked: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-go-module-'));
  vi.stubEnv('PLINTH_CACHE', folder);
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? '');
    const { status, body } = answers[request.url ?? ''] ?? { status: 404 };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
  await new Promise((resolve) => server.close(resolve));
});

const path = (proxy: string): string => `/${proxy}/example.org/m/@v/v1.0.0.zip`;

/** Sets these proxies, with the given separators. */
function proxies(...list: string[]): void {
  const { port } = server.address() as AddressInfo;
  const url = (entry: string): string =>
    /^[a-z]+$/.test(entry) ? `http://127.0.0.1:${port}/${entry}` : entry;
  vi.stubEnv('GOPROXY', list.map(url).join(''));
}

const ask = (): Promise<Map<string, Buffer>> => goModule('example.org/m', 'v1.0.0', undefined, sum);

it('returns the files by their paths below the root, and sends no request the next time', async () => {
  answers = { [path('one')]: { status: 200, body: zip } };
  proxies('one');
  expect([...(await ask())].map(([name, content]) => [name, content.toString()])).toEqual([
    ['go.mod', 'module example.org/m\n'],
    ['crd/a.yaml', 'a: 1\n'],
  ]);
  await ask();
  expect(asked).toEqual([path('one')]);
});

it('downloads again if the cache is damaged', async () => {
  answers = { [path('one')]: { status: 200, body: zip } };
  proxies('one');
  await ask();
  const [kept = ''] = readdirSync(join(folder, 'modules'));
  writeFileSync(join(folder, 'modules', kept), zip.slice(0, 40));
  expect((await ask()).size).toBe(2);
  expect(asked.length).toBe(2);
});

it('refuses files with another checksum, names both, and keeps nothing', async () => {
  const other = zipSync({ ...files, 'example.org/m@v1.0.0/crd/a.yaml': Buffer.from('a: 2\n') });
  answers = { [path('one')]: { status: 200, body: other } };
  proxies('one');
  await expect(ask()).rejects.toThrow(`it says ${sum}, and this is h1:`);
  expect(readdirSync(folder)).toEqual([]);
});

it('refuses a page instead of a zip', async () => {
  answers = { [path('one')]: { status: 200, body: '<html>Log in</html>' } };
  proxies('one');
  await expect(ask()).rejects.toThrow('and this is no zip');
});

it('uses the next proxy if one lacks the module', async () => {
  answers = { [path('one')]: { status: 410 }, [path('two')]: { status: 200, body: zip } };
  proxies('one', ',', 'two');
  expect((await ask()).size).toBe(2);
});

it.each([
  [',', [path('one')]],
  ['|', [path('one'), path('two')]],
])('uses the next proxy after a refusal with %s in GOPROXY, as Go does', async (separator, expected) => {
  answers = { [path('one')]: { status: 403 }, [path('two')]: { status: 404 } };
  proxies('one', separator, 'two');
  await expect(ask()).rejects.toThrow(/one\/example\.org\/m\/@v\/v1\.0\.0\.zip answers 403.*GOPROXY=https/);
  expect(asked).toEqual(expected);
});
