import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { clientFrom } from '../cluster/client.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { retryFailed } from './retry-failed.ts';

const kustomization = (name: string, status: 'True' | 'False', reason: string): WatchedObject => ({
  kind: 'Kustomization',
  metadata: { name, namespace: 'flux-system' },
  status: { conditions: [{ type: 'Ready', status, reason, message: '' }] },
});

const manifests = new Map([
  [
    'manifests/dev/shop-job/job-shop.yaml',
    stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'shop-job-1', namespace: 'shop' } }),
  ],
  [
    'manifests/dev/other-job/job-other.yaml',
    stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'other-job-1', namespace: 'other' } }),
  ],
]);

/** An API server with these Kustomizations and Jobs. It begins what it is asked for, as Flux does. */
class FakeApiServer {
  readonly #server: Server;
  readonly #folder = mkdtempSync(join(tmpdir(), 'plinth-retry-'));
  readonly #watches: ServerResponse[] = [];
  kustomizations: WatchedObject[] = [];
  /** Condition by name of a Job. */
  jobs = new Map<string, string>();
  readonly deleted: string[] = [];
  readonly asked: string[] = [];

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  async start() {
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done));
    const { port } = this.#server.address() as AddressInfo;
    const path = join(this.#folder, 'kubeconfig');
    const named = { cluster: 'c', user: 'u' };
    writeFileSync(
      path,
      stringify({
        ...{ apiVersion: 'v1', kind: 'Config', 'current-context': 'x' },
        clusters: [
          { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
        ],
        users: [{ name: 'u', user: {} }],
        contexts: [{ name: 'x', context: named }],
      }),
    );
    return clientFrom(path, 'test');
  }

  stop(): void {
    for (const watch of this.#watches) watch.end();
    this.#server.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost');
    const name = url.pathname.split('/').at(-1) ?? '';
    response.setHeader('content-type', 'application/json');
    if (url.pathname.includes('/jobs/')) return this.#answerJob(request, response, name);
    if (request.method === 'PATCH') {
      const body = (await json(request)) as { metadata: { annotations: Record<string, string> } };
      this.asked.push(name);
      const found = this.kustomizations.find(({ metadata }) => metadata.name === name);
      if (found?.status)
        found.status.lastHandledReconcileAt = body.metadata.annotations['reconcile.fluxcd.io/requestedAt'];
      for (const watch of this.#watches)
        watch.write(`${JSON.stringify({ type: 'MODIFIED', object: found })}\n`);
      response.end(JSON.stringify(found));
    } else if (url.searchParams.get('watch') === 'true') {
      this.#watches.push(response);
      for (const object of this.kustomizations)
        response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
      const object = { kind: 'Kustomization', metadata: { name: '' } };
      response.write(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
    } else response.end(JSON.stringify({ items: this.kustomizations }));
  }

  #answerJob(request: IncomingMessage, response: ServerResponse, name: string): void {
    const type = this.jobs.get(name);
    if (type === undefined) response.statusCode = 404;
    else if (request.method === 'DELETE') this.deleted.push(name);
    response.end(JSON.stringify({ status: { conditions: type ? [{ type, status: 'True' }] : [] } }));
  }
}

let server: FakeApiServer;
let client: Awaited<ReturnType<FakeApiServer['start']>>;

beforeEach(async () => {
  server = new FakeApiServer();
  client = await server.start();
});
afterEach(() => server.stop());

const retry = (...kustomizations: string[]) =>
  retryFailed({
    ...{ client, environment: 'dev', kustomizations, manifests },
    report: () => {},
    signal: AbortSignal.timeout(10_000),
  });

describe('a failed Kustomization', () => {
  it('is tried again at once, without its failed Job', async () => {
    server.kustomizations = [kustomization('shop-job', 'False', 'HealthCheckFailed')];
    server.jobs.set('shop-job-1', 'Failed');
    expect(await retry('shop-job')).toEqual(['shop-job']);
    expect(server).toMatchObject({ deleted: ['shop-job-1'], asked: ['shop-job'] });
  });

  it('keeps a Job that has not failed, or that does not exist yet', async () => {
    server.kustomizations = [
      kustomization('shop-job', 'False', 'HealthCheckFailed'),
      kustomization('other-job', 'False', 'BuildFailed'),
    ];
    server.jobs.set('shop-job-1', 'Complete');
    expect(await retry('shop-job', 'other-job')).toEqual(['shop-job', 'other-job']);
    expect(server).toMatchObject({ deleted: [], asked: ['shop-job', 'other-job'] });
  });

  it('of another app stays as it is', async () => {
    server.kustomizations = [kustomization('other-job', 'False', 'HealthCheckFailed')];
    server.jobs.set('other-job-1', 'Failed');
    expect(await retry('shop-job')).toEqual([]);
    expect(server).toMatchObject({ deleted: [], asked: [] });
  });
});

it('what is ready, or waits for others, is not tried again', async () => {
  server.kustomizations = [
    kustomization('shop', 'False', 'DependencyNotReady'),
    kustomization('shop-job', 'True', 'ReconciliationSucceeded'),
  ];
  server.jobs.set('shop-job-1', 'Failed');
  expect(await retry('shop', 'shop-job')).toEqual([]);
  expect(server).toMatchObject({ deleted: [], asked: [] });
});
