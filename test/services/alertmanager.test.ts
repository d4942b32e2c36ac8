import type { ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { receiversFolder } from '../../charts/observability/alertmanager-config.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { chart } from '../../operators/alertmanager/chart.ts';
import alertmanager from '../../operators/alertmanager/operator.ts';
import prometheus from '../../operators/prometheus/operator.ts';
import { environment } from '../charts/fixture.ts';
import { freePort } from '../free-port.ts';
import { local } from '../load/local.ts';
import { rendered } from '../load/rendered.ts';
import { missingAlertmanager, startAlertmanager } from '../observability/alertmanager-program.ts';
import { until } from '../until.ts';
import { type Pair, TestAuthority } from './authority.ts';
import { writeIdentity } from './identity-folder.ts';
import { MailSink } from './mail-sink.ts';

/*
 * From an alert that Prometheus would send to the message that a person gets: a real Alertmanager with the rendered configuration, which sends to a
 * webhook, to a Slack and to a mail server of the test. What differs from a cluster: addresses and folders, and the times that it waits.
 */

const webhookMessage = z.object({
  status: z.string(),
  alerts: z.array(
    z.object({
      status: z.string(),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    }),
  ),
});
const slackMessage = z.object({
  channel: z.string(),
  attachments: z.tuple([
    z.object({ title: z.string(), title_link: z.string().optional(), text: z.string(), color: z.string() }),
  ]),
});

const folder = mkdtempSync(join(tmpdir(), 'plinth-receivers-'));
/** Bodies of requests, by path. */
const sent = new Map<string, unknown[]>();
let authority: TestAuthority;
let https: Server;
let mail: MailSink;
let caller: Pair;
let process: ChildProcess;
let log = '';
let port = 0;

const secret = (key: string, value: string) => writeFileSync(join(folder, 'receivers', key), value);
const address = (path: string) => `https://localhost:${(https.address() as AddressInfo).port}${path}`;

/** Calls Alertmanager as Prometheus does, with a certificate of its authority or without. */
function call(path: string, body: object | undefined, identity: Partial<Pair> = caller): Promise<number> {
  const agent = new Agent({ ca: authority.roots, ...identity });
  return new Promise((done, fail) => {
    const asked = request(`https://localhost:${port}${path}`, {
      agent,
      method: body === undefined ? 'GET' : 'POST',
      headers: { 'content-type': 'application/json' },
    });
    asked.once('response', (response) => {
      response.resume();
      done(response.statusCode ?? 0);
    });
    asked.once('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** An alert as the rules make it. `ended`: it fires no more. */
async function tell(
  alertname: string,
  labels: Record<string, string>,
  { evidence, ended = false }: { evidence?: string; ended?: boolean } = {},
): Promise<void> {
  const annotations = {
    summary: `${alertname} of ${labels.namespace}.`,
    runbook: `docs/runbooks.md#${alertname.toLowerCase()}`,
    ...(evidence === undefined ? {} : { evidence }),
  };
  const endsAt = ended ? { endsAt: new Date().toISOString() } : {};
  const alert = { labels: { alertname, cluster: 'plinth-test', ...labels }, annotations, ...endsAt };
  expect(await call('/api/v2/alerts', [alert])).toBe(200);
}

const hooks = (path = '/hook') => (sent.get(path) ?? []).map((body) => webhookMessage.parse(body));
const slacks = () => (sent.get('/slack') ?? []).map((body) => slackMessage.parse(body));
const told = (alertname: string, status: string) =>
  hooks().filter(({ alerts }) =>
    alerts.some((alert) => alert.labels.alertname === alertname && alert.status === status),
  );
const arrives = (what: string, is: () => boolean) =>
  until(
    async () => is(),
    () => `${what}: ${log.slice(-3_000)}`,
    { seconds: 60, pauseMs: 100 },
  );

async function startReceivers(): Promise<void> {
  authority = await TestAuthority.make('receivers');
  const server = await authority.issue({ commonName: 'localhost', dnsNames: ['localhost'] });
  caller = await authority.issue({ commonName: 'prometheus' });
  https = createServer(server, (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const { url = '' } = incoming;
      sent.set(url, [...(sent.get(url) ?? []), JSON.parse(Buffer.concat(chunks).toString())]);
      response.end('ok');
    });
  });
  await new Promise<void>((done) => https.listen(0, '127.0.0.1', done));
  mail = await MailSink.start(server);
  const identity = join(folder, 'identity', 'alertmanager-server');
  mkdirSync(identity, { recursive: true });
  writeIdentity(identity, server, authority.roots);
  writeFileSync(join(folder, 'roots.pem'), authority.roots);
  mkdirSync(join(folder, 'receivers'));
  secret('webhook-url', address('/hook'));
  secret('slack-url', address('/slack'));
  secret('mail-password', 'a password');
  secret('heartbeat-url', address('/beat'));
}

beforeAll(async () => {
  if (missingAlertmanager !== undefined) return;
  await startReceivers();
  port = await freePort();
  const receivers = [
    { kind: 'webhook' },
    { kind: 'slack', channel: '#alerts' },
    { kind: 'heartbeat' },
    {
      kind: 'mail',
      to: ['ada@example.org', 'bob@example.org'],
      from: 'plinth@example.org',
      smarthost: `localhost:${mail.port}`,
      user: 'plinth',
    },
  ];
  const env = environment({
    operators: [alertmanager, prometheus],
    cluster: { observability: { store: 'light', alerts: { receivers, secret: 'alert-receivers' } } },
  });
  const { args, files } = local(rendered(chart(env)), {
    folder,
    identity: join(folder, 'identity'),
    podLogs: '',
    own: { [ports.alertmanager]: port },
    others: new Map(),
  });
  for (const [name, text] of Object.entries(files))
    writeFileSync(
      join(folder, name),
      text
        .replaceAll(receiversFolder, join(folder, 'receivers'))
        // Minutes in a cluster.
        .replace('group_wait: 30s', 'group_wait: 1s')
        .replace('group_interval: 5m', 'group_interval: 1s')
        .replace('group_interval: 1m', 'group_interval: 1s')
        .replace('repeat_interval: 5m', 'repeat_interval: 1s'),
    );
  process = await startAlertmanager(folder, args, { SSL_CERT_FILE: join(folder, 'roots.pem') });
  process.stderr?.on('data', (chunk: Buffer) => {
    log += String(chunk);
  });
  await arrives('its readiness', () => log.includes('Listening on'));
  await until(
    async () => (await call('/-/ready', undefined)) === 200,
    () => log,
  );
}, 600_000);

afterAll(async () => {
  if (process?.exitCode === null) {
    const ended = new Promise((done) => process.once('exit', done));
    process.kill();
    await ended;
  }
  https?.closeAllConnections();
  https?.close();
  mail?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe.skipIf(missingAlertmanager !== undefined)(missingAlertmanager ?? 'a message of Alertmanager', () => {
  const evidence = 'Failed most: PlaceOrder, 480 times\nTraces: npm run trace -- --slow orders --env dev';

  it('reaches the webhook, Slack and every recipient of mail, with its evidence and runbook', async () => {
    await tell('ErrorBudgetBurns', { severity: 'page', namespace: 'orders', burn_in: 'false' }, { evidence });
    await arrives('the webhook', () => told('ErrorBudgetBurns', 'firing').length > 0);
    expect(hooks()[0]?.alerts[0]?.annotations).toEqual({
      summary: 'ErrorBudgetBurns of orders.',
      runbook: 'docs/runbooks.md#errorbudgetburns',
      evidence,
    });
    await arrives('Slack', () => slacks().length > 0);
    const text = `ErrorBudgetBurns of orders. (docs/runbooks.md#errorbudgetburns)\n${evidence}\n`;
    expect(slacks()[0]).toMatchObject({
      channel: '#alerts',
      attachments: [{ title: 'plinth-test: firing ErrorBudgetBurns', text, color: 'danger' }],
    });
    expect(slacks()[0]?.attachments[0].title_link ?? '').toBe('');
    for (const to of ['ada@example.org', 'bob@example.org']) {
      await arrives(`the mail to ${to}`, () => mail.to(to).length > 0);
      const [first] = mail.to(to);
      expect(first?.login).toBe('\0plinth\0a password');
      expect(first?.text).toMatch(/^Subject: plinth-test: firing ErrorBudgetBurns$/m);
      expect(first?.text).toContain(text);
      // A mail program would show a page in place of the text.
      expect(first?.text).not.toContain('text/html');
    }
  }, 120_000);

  it('tells which alerts have ended, beside those that fire on', async () => {
    await tell('JobFailed', { severity: 'ticket', namespace: 'jobs', job: 'a' }, { evidence: 'Lines: a' });
    await tell('JobFailed', { severity: 'ticket', namespace: 'jobs', job: 'b' });
    await arrives('both', () => told('JobFailed', 'firing').some(({ alerts }) => alerts.length === 2));
    await tell('JobFailed', { severity: 'ticket', namespace: 'jobs', job: 'a' }, { ended: true });
    await arrives('the end', () => told('JobFailed', 'resolved').length > 0);
    const mixed = 'JobFailed of jobs. (docs/runbooks.md#jobfailed)\nEnded: JobFailed of jobs.\n';
    await arrives('Slack', () => slacks().some(({ attachments: [{ text }] }) => text === mixed));
    await tell('JobFailed', { severity: 'ticket', namespace: 'jobs', job: 'b' }, { ended: true });
    const all = 'plinth-test: resolved JobFailed';
    await arrives('the end of all', () => slacks().some(({ attachments: [{ title }] }) => title === all));
  }, 120_000);

  it('of the watchdog goes to the heartbeat alone, again and again, and nothing else does', async () => {
    await tell('Watchdog', { severity: 'none', namespace: 'none' });
    await arrives('the third beat', () => hooks('/beat').length > 2);
    const alerts = hooks('/beat').flatMap((beat) => beat.alerts.map(({ labels }) => labels.alertname));
    expect(new Set(alerts)).toEqual(new Set(['Watchdog']));
  }, 120_000);

  it('is not sent to people for the watchdog and for an objective in its first week', async () => {
    await tell('ErrorBudgetBurns', { severity: 'page', namespace: 'young', burn_in: 'true' });
    await tell('NodeNotReady', { severity: 'page', namespace: 'last' });
    await arrives('the last one', () => told('NodeNotReady', 'firing').length > 0);
    const names = hooks().flatMap(({ alerts }) => alerts.map(({ labels }) => labels.namespace));
    expect(new Set(names)).toEqual(new Set(['orders', 'jobs', 'last']));
  }, 120_000);

  it('goes to a changed address without a restart: the Secret is read for each message', async () => {
    secret('webhook-url', address('/moved'));
    await tell('PodWaits', { severity: 'ticket', namespace: 'moved' });
    await arrives('the other address', () => hooks('/moved').length > 0);
    expect(told('PodWaits', 'firing')).toEqual([]);
  }, 120_000);

  it('has no password or address in the log', () => {
    expect(log).not.toContain('a password');
    expect(log).not.toContain('/hook');
    expect(log).not.toContain('/beat');
  });

  it('is not caused by a caller without a certificate of its authority', async () => {
    await expect(call('/api/v2/alerts', [], {})).rejects.toThrow(/certificate required|socket hang up/);
    const other = await (await TestAuthority.make('other')).issue({ commonName: 'prometheus' });
    await expect(call('/api/v2/alerts', [], other)).rejects.toThrow();
  });
});
