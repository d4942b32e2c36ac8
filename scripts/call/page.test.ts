import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pageIn, signals } from '../telemetry/page-of.ts';
import { onlyQueries, ownRequests } from './page.ts';

const light = { observability: { store: 'light' } } as const;
const grafana = { observability: { store: 'grafana' } } as const;

describe('a page of this machine', () => {
  const server = createServer(ownRequests((_, response) => response.end('the page')));
  let port = 0;
  beforeAll(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => void server.close());

  function asked(headers: Record<string, string>): Promise<number | undefined> {
    return new Promise((done, fail) => {
      const sent = request({ host: '127.0.0.1', port, headers }, (answer) => {
        answer.resume();
        done(answer.statusCode);
      });
      sent.once('error', fail);
      sent.end();
    });
  }

  it.each([
    ['a program', () => ({})],
    ['an address that a person types', () => ({ 'sec-fetch-site': 'none' })],
    ['itself', () => ({ 'sec-fetch-site': 'same-origin', origin: `http://127.0.0.1:${port}` })],
  ])('answers %s', async (_, headers) => {
    expect(await asked(headers())).toBe(200);
  });

  it.each([
    ['another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['another port of this machine', () => ({ 'sec-fetch-site': 'same-site' })],
    ['another origin, of an older browser', () => ({ origin: 'https://elsewhere.example' })],
    ['another origin of this machine', () => ({ origin: `http://127.0.0.1:${port + 1}` })],
    ['a page without an origin', () => ({ origin: 'null' })],
    ['another name', () => ({ host: `elsewhere.example:${port}` })],
  ])('refuses %s', async (_, headers) => {
    expect(await asked(headers())).toBe(403);
  });
});

describe('a page that reads', () => {
  it.each([
    ['logs', 'GET', '/select/vmui/', 200],
    ['logs', 'POST', '/select/logsql/query', 200],
    ['logs', 'POST', '/select/logsql/hits?x=1', 200],
    ['logs', 'POST', '/insert/jsonline?x=/select/logsql/query', 405],
    ['logs', 'DELETE', '/select/logsql/query', 405],
    ['metrics', 'POST', '/api/v1/query_range', 200],
    ['metrics', 'POST', '/-/reload', 405],
    ['alerts', 'PUT', '/api/v1/query', 405],
    ['traces', 'HEAD', '/', 200],
    ['traces', 'POST', '/', 405],
  ] as const)('%s: %s %s is answered by %i', async (signal, method, path, expected) => {
    const { posts } = pageIn(light, signal);
    const server = createServer(onlyQueries(posts, (_, response) => response.end()));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    server.close();
    expect(answer.status).toBe(expected);
  });

  it('is each but those of Grafana, which has a login', () => {
    expect(signals.filter((signal) => pageIn(light, signal).writes === true)).toEqual([]);
    expect(signals.filter((signal) => pageIn(grafana, signal).writes === true)).toEqual([
      'dashboards',
      'metrics',
      'logs',
      'traces',
    ]);
  });
});
