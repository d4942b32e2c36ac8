import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { mailpitArgs } from '../../operators/mailpit/chart.ts';
import { freePort } from '../free-port.ts';
import { until } from '../until.ts';
import { scratch } from './identity-folder.ts';

/* Mailpit itself, as this repository builds it, started as operators/mailpit does. */

const folder = scratch();
let ports: { smtp: number; http: number };
let mailpit: ChildProcess;

const ask = (path: string) => fetch(`http://127.0.0.1:${ports.http}${path}`);

beforeAll(async () => {
  const program = await ensureProgram('mailpit', console.log);
  ports = { smtp: await freePort(), http: await freePort() };
  const args = mailpitArgs(ports).map((arg) => arg.replace('=/tmp/', `=${folder}/`));
  mailpit = spawn(program, args, { stdio: 'ignore', env: {} });
  await until(async () => (await ask('/readyz')).ok, 'Mailpit', { seconds: 30, pauseMs: 100 });
}, 20 * 60_000);

afterAll(() => {
  mailpit?.kill();
  rmSync(folder, { recursive: true, force: true });
});

/** Sends a mail as the courier does, without TLS. */
async function send(to: string, subject: string, text: string): Promise<void> {
  const socket = createConnection(ports.smtp, '127.0.0.1');
  const said = [
    'HELO test',
    'MAIL FROM:<no-reply@example.org>',
    `RCPT TO:<${to}>`,
    'DATA',
    `From: no-reply@example.org\r\nTo: ${to}\r\nSubject: ${subject}\r\n\r\n${text}\r\n.`,
    'QUIT',
  ];
  for await (const chunk of socket) {
    if (/^[45]/.test(String(chunk))) throw new Error(String(chunk));
    const line = said.shift();
    if (line === undefined) break;
    socket.write(`${line}\r\n`);
  }
}

const list = z.object({
  messages: z.array(
    z.object({ ID: z.string(), Subject: z.string(), To: z.array(z.object({ Address: z.string() })) }),
  ),
});

it('Mailpit accepts a mail and returns it by its API', async () => {
  await send('ada@example.org', 'Your code', 'It is 123456.');
  const { messages } = list.parse(await (await ask('/api/v1/messages')).json());
  expect(messages).toMatchObject([{ Subject: 'Your code', To: [{ Address: 'ada@example.org' }] }]);
  const mail = await (await ask(`/api/v1/message/${messages[0]?.ID}`)).json();
  expect(mail).toMatchObject({ Text: expect.stringContaining('It is 123456.') });
});

it('Mailpit serves the page of this repository with a policy that allows its script', async () => {
  const page = await ask('/');
  const html = await page.text();
  expect(html).toMatch(/<script src="\/dist\/app\.js\?v\d+\.\d+\.\d+" nonce="\w+">/);
  const [, nonce] = /nonce="(\w+)"/.exec(html) ?? [];
  expect(page.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
  const script = await ask('/dist/app.js');
  expect(script.headers.get('content-type')).toContain('javascript');
  expect(await script.text()).toContain('A page for Mailpit');
  expect((await ask('/dist/app.css')).status).toBe(200);
});
