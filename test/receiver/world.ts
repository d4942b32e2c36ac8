import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { ForgeConfig, ReceiverConfig } from '../../operators/receiver/program/config.ts';
import { start } from '../../operators/receiver/program/main.ts';
import type { AppliedKustomization } from '../../operators/receiver/program/revision-state.ts';

/** For tests: the secret of the webhook, and the token for statuses. */
export const webhookSecret = 'a-secret-of-a-test-only';
export const statusToken = 'a-token-of-a-test-only';

/** A request that the API server or the forge of a test got. */
export interface Asked {
  method: string;
  path: string;
  authorization: string;
  body: unknown;
}

const source = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/platform';
const kustomizations = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';

/** For tests: the program with an API server and a forge that answer as told, all on free ports of this machine. */
export async function receiverWorld(
  given: {
    kind?: ForgeConfig['kind'];
    status?: boolean;
    /** Statuses of the API server's answers to PATCH, in their order; then 200. */
    patches?: number[];
    /** Statuses and texts of the forge's answers, in their order; then 201. */
    forge?: [status: number, text: string][];
    objects?: AppliedKustomization[];
    secret?: string;
    token?: string;
    patience?: number;
  } = {},
) {
  const { kind = 'github', status = false, patches = [], objects = [] } = given;
  const asked: { api: Asked[]; forge: Asked[] } = { api: [], forge: [] };
  const watches = new Set<ServerResponse>();
  /** Ends of requests that wait until the test lets them go. */
  const held: (() => void)[] = [];
  let isHolding = false;
  const api = await listening(async (request, response) => {
    const got = await askedOf(request);
    if (got.path.includes('watch=1')) {
      watches.add(response);
      response.on('close', () => watches.delete(response));
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    }
    asked.api.push(got);
    if (isHolding) await new Promise<void>((go) => held.push(go));
    const code = got.method === 'PATCH' ? (patches.shift() ?? 200) : 200;
    response.writeHead(code, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items: objects }));
  });
  const forge = await listening(async (request, response) => {
    asked.forge.push(await askedOf(request));
    const [code, words] = given.forge?.shift() ?? [201, '{}'];
    response.writeHead(code).end(words);
  });
  const secrets = mkdtempSync(join(tmpdir(), 'plinth-receiver-'));
  onTestFinished(() => rmSync(secrets, { recursive: true, force: true }));
  mkdirSync(secrets, { recursive: true });
  writeFileSync(join(secrets, 'webhook-secret'), given.secret ?? `${webhookSecret}\n`);
  if (status) writeFileSync(join(secrets, 'status-token'), given.token ?? statusToken);
  const said: string[] = [];
  const config: ReceiverConfig = {
    forge: { kind, api: `${forge}/api`, project: 'team/platform' },
    ref: 'refs/heads/main',
    source,
    ...(status ? { status: { context: 'plinth/test', kustomizations } } : {}),
  };
  const running = await start(config, {
    kubernetes: { api, token: () => 'token-of-the-pod' },
    secrets,
    ports: { deliveries: 0, probes: 0 },
    pauses: { first: 10, longest: 20 },
    ...(given.patience === undefined ? {} : { patience: given.patience }),
    log: (level, message, fields = {}) =>
      void said.push(
        `${level} ${message} ${JSON.stringify(fields, (_, value) => (value instanceof Error ? value.message : value))}`,
      ),
  });
  onTestFinished(() => running.stop());
  return {
    asked,
    said,
    secrets,
    running,
    url: `http://127.0.0.1:${running.ports.deliveries}/push`,
    probes: `http://127.0.0.1:${running.ports.probes}`,
    /** Tells all watches of a changed object. */
    change: (object: AppliedKustomization, type = 'MODIFIED') => {
      for (const each of watches) each.write(`${JSON.stringify({ type, object })}\n`);
    },
    endWatches: () => {
      for (const each of watches) each.end();
    },
    watches,
    /** Makes the API server answer nothing until `release`. */
    hold: () => {
      isHolding = true;
    },
    release: () => {
      isHolding = false;
      for (const go of held.splice(0)) go();
    },
  };
}

async function askedOf(request: IncomingMessage): Promise<Asked> {
  const { method = '', url: path = '', headers } = request;
  const body = await text(request);
  const token = headers.authorization ?? headers['private-token'];
  return { method, path, authorization: String(token), body: body === '' ? undefined : JSON.parse(body) };
}

async function listening(
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
): Promise<string> {
  const server: Server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
