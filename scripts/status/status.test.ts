import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { clusterClient } from '../cluster/client.ts';
import { readCluster, repositoryRoot } from '../repository/read-cluster.ts';
import { collectStatus } from './collect.ts';
import { printStatus } from './print-status.ts';
import { probeQuery } from './signal-states.ts';

const run = promisify(execFile);
const { name: clusterName } = readCluster('dev');

const node = {
  metadata: { name: 'one', labels: { 'node-role.kubernetes.io/control-plane': '' } },
  status: { conditions: [{ type: 'Ready', status: 'True' }], nodeInfo: { kubeletVersion: 'v1.36.4' } },
};
const revision = `main@sha1:${'d'.repeat(40)}`;
const kustomization = {
  metadata: { name: 'home', namespace: 'flux-system', generation: 2 },
  spec: { dependsOn: [{ name: 'traefik' }] },
  status: {
    observedGeneration: 2,
    lastAppliedRevision: revision,
    conditions: [{ type: 'Ready', status: 'True', message: `Applied revision: ${revision}` }],
  },
};
const deployment = {
  metadata: {
    name: 'home',
    namespace: 'home',
    generation: 1,
    annotations: {
      'plinth.io/summary': 'The front page.',
      'plinth.io/url': 'http://home.dev.localhost:8080',
    },
  },
  spec: {
    replicas: 1,
    template: { spec: { containers: [{ image: 'registry.dev.localhost/home:0123abc' }] } },
  },
  status: { observedGeneration: 1, readyReplicas: 1, updatedReplicas: 1 },
};

const statefulSet = {
  metadata: {
    name: 'messages',
    namespace: 'messages',
    generation: 4,
    annotations: { 'plinth.io/summary': 'Streams of messages.' },
  },
  spec: {
    replicas: 3,
    template: { spec: { containers: [{ image: 'docker.io/library/nats:2.11-alpine' }] } },
  },
  status: { observedGeneration: 4, readyReplicas: 3, updatedReplicas: 3 },
};

const cronJob = {
  metadata: {
    name: 'nightly',
    namespace: 'nightly',
    annotations: { 'plinth.io/summary': 'Looks every night.' },
  },
  spec: {
    schedule: '30 2 * * *',
    timeZone: 'Europe/Berlin',
    jobTemplate: {
      spec: { template: { spec: { containers: [{ image: 'docker.io/library/busybox:1.37.0' }] } } },
    },
  },
  status: { lastScheduleTime: '2026-03-01T01:30:00Z', lastSuccessfulTime: '2026-03-01T01:30:09Z' },
};

let lists: Record<string, object>;
let server: Server;
let state: string;
const asked: string[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    const path = new URL(request.url ?? '', 'http://api').pathname;
    asked.push(path);
    const list = lists[path];
    response.writeHead(list ? 200 : 404, { 'content-type': 'application/json' });
    response.end(JSON.stringify(list ?? { kind: 'Status', code: 404, message: 'not found' }));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  state = mkdtempSync(join(tmpdir(), 'plinth-status-'));
  process.env.PLINTH_STATE = state;
  mkdirSync(join(state, clusterName));
  writeKubeconfig((server.address() as AddressInfo).port);
});

afterAll(() => {
  server.close();
  rmSync(state, { recursive: true });
});

afterEach(() => asked.splice(0));

function writeKubeconfig(port: number): void {
  const config = {
    clusters: [
      { name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'u', user: { token: 'none' } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  };
  writeFileSync(join(state, clusterName, 'kubeconfig'), JSON.stringify(config));
}

/** Output of the command, and whether everything is Ready; in this process, because starting one takes over a second. */
async function status(
  rendered: string[] = [],
  ask?: Parameters<typeof collectStatus>[2],
): Promise<{ ready: boolean; out: string }> {
  const collected = await collectStatus(clusterClient(clusterName), rendered, ask);
  return { ready: collected.ready, out: stripVTControlCharacters(printStatus(collected)) };
}

async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const options = { cwd: repositoryRoot, env: { ...process.env, NO_COLOR: '1' } };
  try {
    const { stdout, stderr } = await run(process.execPath, ['scripts/status.ts', ...args], options);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
}

describe('npm run status', () => {
  test('ends with exit code 0 after one request per kind if everything is Ready', {
    timeout: 30_000,
  }, async () => {
    lists = healthy();
    const { code, out } = await command();
    expect(code).toBe(0);
    expect(out).toContain('everything is Ready');
    expect(out).toMatch(/one +yes +control-plane +v1\.36\.4/);
    expect(out).toMatch(/home +yes +main@dddddddd\n/);
    expect(out).toMatch(/home +1\/1 +http:\/\/home\.dev\.localhost:8080 +home:0123abc\n/);
    expect(out).toContain(`export KUBECONFIG=${join(state, clusterName, 'kubeconfig')}`);
    expect(out).toMatch(/messages +3\/3 .*nats:2\.11-alpine/);
    expect(out).toMatch(/nightly +30 2 \* \* \* Europe\/Berlin /);
    expect(asked).toHaveLength(7);
  });

  test('lists rendered objects that the cluster does not have yet', async () => {
    lists = healthy();
    const { ready, out } = await status(['home', 'jaeger', 'prometheus']);
    expect(ready).toBe(true);
    expect(out).toContain('Rendered, but not in the cluster yet: jaeger, prometheus.');
  });

  describe('with synthetic requests', () => {
    const results = (error: number) => async (query: string) => {
      expect(query).toBe(probeQuery);
      return [
        { labels: { signal: 'trace' }, value: 1 },
        { labels: { signal: 'error' }, value: error },
      ];
    };
    const withPrometheus = () => {
      const prometheus = structuredClone(kustomization);
      prometheus.metadata.name = 'prometheus';
      lists = healthy();
      lists['/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations'] = { items: [kustomization, prometheus] };
    };

    test('is Ready if the store of each signal has one', async () => {
      withPrometheus();
      const { ready, out } = await status([], results(1));
      expect(ready).toBe(true);
      expect(out).toMatch(/error +yes/);
    });

    test('is not Ready if the store of one signal has none, and says which', async () => {
      withPrometheus();
      const { ready, out } = await status([], results(0));
      expect(ready).toBe(false);
      expect(out).toMatch(/error +no +no error of the last five minutes is in its store/);
      expect(out).toMatch(/trace +yes/);
    });

    test('is not Ready if Prometheus does not answer, and says why', async () => {
      withPrometheus();
      const { ready, out } = await status([], () =>
        Promise.reject(new Error('no pod of prometheus is ready')),
      );
      expect(ready).toBe(false);
      expect(out).toMatch(/Signals\n +no pod of prometheus is ready/);
    });

    test('queries no store before Prometheus exists', async () => {
      lists = healthy();
      expect((await status([], results(0))).ready).toBe(true);
    });

    /** Pods of the front page and of Prometheus, which run for so many minutes. */
    const running = (home: number, prometheus: number) => {
      withPrometheus();
      for (const [name, minutes] of Object.entries({ home, prometheus })) {
        const startedAt = new Date(Date.now() - minutes * 60_000).toISOString();
        const containerStatuses = [{ name, state: { running: { startedAt } } }];
        lists[`/api/v1/namespaces/${name}/pods`] = { items: [{ status: { containerStatuses } }] };
      }
    };

    test.each([
      ['the front page', 2, 60],
      ['Prometheus', 60, 2],
    ])('is Ready before the first result, shortly after the start of %s', async (_, home, prometheus) => {
      running(home, prometheus);
      const { ready, out } = await status([], async () => []);
      expect(ready).toBe(true);
      expect(out).not.toContain('Signals');
    });

    test('is not Ready if there is no result although both run for long', async () => {
      running(11, 60);
      const { ready, out } = await status([], async () => []);
      expect(ready).toBe(false);
      expect(out).toMatch(/Signals\n +home has no result of its synthetic requests: npm run logs -- home/);
    });
  });

  test('ends with exit code 1 and names the run if the last run of a scheduled app failed', async () => {
    const failed = { ...cronJob, status: { lastScheduleTime: '2026-03-01T01:30:00Z' } };
    lists = { ...healthy(), '/apis/batch/v1/cronjobs': { items: [failed] } };
    const { ready, out } = await status();
    expect(ready).toBe(false);
    expect(out).toContain('the run of 2026-03-01T01:30:00.000Z failed');
  });

  test('ends with exit code 1 and the reasons if a Kustomization and an app fail', {
    timeout: 30_000,
  }, async () => {
    lists = healthy();
    const failing = structuredClone(kustomization);
    failing.status.conditions = [{ type: 'Ready', status: 'False', message: 'no such image\nat all' }];
    lists['/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations'] = { items: [failing] };
    const down = {
      ...deployment,
      status: {
        observedGeneration: 1,
        conditions: [{ type: 'Available', status: 'False', message: 'too few replicas' }],
      },
    };
    lists['/apis/apps/v1/deployments'] = { items: [down] };
    const { ready, out } = await status();
    expect(ready).toBe(false);
    expect(out).toMatch(/home +no +main@dddddddd +no such image at all/);
    expect(out).toMatch(/home +0\/1 .* too few replicas/);

    const json = await command('--json');
    expect(json.code).toBe(1);
    const parsed: unknown = JSON.parse(json.out);
    expect(parsed).toMatchObject({
      ready: false,
      kustomizations: [{ ready: false }],
      apps: [{ healthy: false }, { name: 'messages', healthy: true }, { name: 'nightly', healthy: true }],
    });
  });

  describe('a certificate', () => {
    const certificate = (status: object) => ({
      metadata: { name: 'gateway', namespace: 'gateway' },
      spec: { dnsNames: ['home.dev.localhost', 'shop.dev.localhost'] },
      status,
    });
    const isReady = { type: 'Ready', status: 'True', message: 'Certificate is up to date' };
    const notReady = { type: 'Ready', status: 'False', message: 'Issuing certificate as Secret is missing' };
    const challenge = (dnsName: string, status: object, namespace = 'gateway') => ({
      metadata: { name: `of-${dnsName}`, namespace },
      spec: { dnsName },
      status,
    });
    const statusWith = async (certificates: object[], challenges: object[] = []) => {
      lists = {
        ...healthy(),
        '/apis/cert-manager.io/v1/certificates': { items: certificates },
        '/apis/acme.cert-manager.io/v1/challenges': { items: challenges },
      };
      return status();
    };

    test('is not listed if it is valid', async () => {
      const { ready, out } = await statusWith([certificate({ conditions: [isReady] })]);
      expect(ready).toBe(true);
      expect(out).not.toContain('Certificates');
      expect(asked).not.toContain('/apis/acme.cert-manager.io/v1/challenges');
    });

    test('that waits for a name that does not resolve here is listed with the name and the observed address', async () => {
      const address = "'http://shop.dev.localhost/.well-known/acme-challenge/a-token'";
      const { ready, out } = await statusWith(
        [certificate({ conditions: [notReady] })],
        [
          challenge('home.dev.localhost', { state: 'valid', reason: 'Successfully authorized domain' }),
          challenge('shop.dev.localhost', {
            state: 'pending',
            reason: `Waiting for HTTP-01 challenge propagation: failed to perform self check GET request ${address}: Get "http://shop.dev.localhost/.well-known/acme-challenge/a-token": dial tcp: lookup shop.dev.localhost on 10.96.0.10:53: no such host`,
          }),
          challenge('shop.dev.localhost', { state: 'pending', reason: 'of another' }, 'elsewhere'),
        ],
      );
      expect(ready).toBe(false);
      expect(out).toMatch(
        /gateway\/gateway +shop\.dev\.localhost: dial tcp: lookup shop\.dev\.localhost on 10\.96\.0\.10:53: no such host\n/,
      );
    });

    test("whose name the ACME server resolved to another address is listed with the server's answer", async () => {
      const { out } = await statusWith(
        [certificate({ conditions: [notReady] })],
        [
          challenge('shop.dev.localhost', {
            state: 'invalid',
            reason:
              'Error accepting authorization: acme: authorization error for shop.dev.localhost: 403 urn:ietf:params:acme:error:unauthorized: wrong key',
          }),
        ],
      );
      expect(out).toMatch(
        /shop\.dev\.localhost: authorization error for shop\.dev\.localhost: 403 urn:ietf:params:acme:error:unauthorized: wrong key\n/,
      );
    });

    test("that the ACME server refused is listed with the server's answer", async () => {
      const answer = '400 urn:ietf:params:acme:error:rejectedIdentifier: forbidden by policy';
      const issuing = {
        type: 'Issuing',
        status: 'False',
        message: `The certificate request has failed to complete and will be retried: Failed to wait for order resource "gateway-1-1" to become ready: order is in "errored" state: Failed to create Order: ${answer}`,
      };
      const { out } = await statusWith([certificate({ conditions: [notReady, issuing] })]);
      expect(out).toMatch(/gateway\/gateway +Failed to create Order: 400 .* forbidden by policy\n/);
    });

    test("whose order failed without an answer is listed with cert-manager's message", async () => {
      const message = 'Failed to wait for order resource "x" to become ready: order is in "invalid" state: ';
      const issuing = { type: 'Issuing', status: 'False', message };
      const { out } = await statusWith([certificate({ conditions: [notReady, issuing] })]);
      expect(out).toMatch(/gateway\/gateway +Failed to wait for order .* order is in "invalid" state:\n/);
    });

    test('is listed if its renewal failed', async () => {
      const issuing = { type: 'Issuing', status: 'False', message: 'the CA is gone' };
      const { ready, out } = await statusWith([
        certificate({ failedIssuanceAttempts: 1, conditions: [isReady, issuing] }),
      ]);
      expect(ready).toBe(false);
      expect(out).toMatch(/gateway\/gateway +the CA is gone\n/);
    });
  });

  test('reports a Kustomization as not Ready until its newest generation is processed', async () => {
    lists = healthy();
    const edited = structuredClone(kustomization);
    edited.metadata.generation = 3;
    lists['/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations'] = { items: [edited] };
    expect((await status()).ready).toBe(false);
  });

  test('reports that Flux is not installed', async () => {
    lists = healthy();
    delete lists['/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations'];
    const { ready, out } = await status();
    expect(ready).toBe(false);
    expect(out).toContain('Flux is not installed');
  });

  test('fails with the address if the cluster does not answer', async () => {
    writeKubeconfig(await closedPort());
    await expect(status()).rejects.toThrow(
      /did not list its .* \(http:\/\/127\.0\.0\.1:\d+\): connect ECONNREFUSED/,
    );
  });

  test('fails if the cluster accepts a connection and never answers', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    writeKubeconfig((silent.address() as AddressInfo).port);
    await expect(collectStatus(clusterClient(clusterName, 50), [])).rejects.toThrow(/no answer in time/);
    silent.closeAllConnections();
    silent.close();
  });

  test('fails with the name of a cluster or an environment that does not exist', async () => {
    rmSync(join(state, clusterName, 'kubeconfig'));
    await expect(status()).rejects.toThrow(`there is no cluster '${clusterName}' on this machine`);
    expect(() => readCluster('../dev')).toThrow("there is no environment '../dev'");
  });
});

async function closedPort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

function healthy(): Record<string, object> {
  return {
    '/api/v1/nodes': { items: [node] },
    '/api/v1/pods': { items: [] },
    '/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations': { items: [kustomization] },
    '/apis/apps/v1/deployments': { items: [deployment] },
    '/apis/apps/v1/statefulsets': { items: [statefulSet] },
    '/apis/batch/v1/cronjobs': { items: [cronJob] },
  };
}
