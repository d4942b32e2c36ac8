import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SigningKeys } from '../operators/sign-in/program/signing-keys.ts';
import { bundle } from '../scripts/app-images/bundle.ts';
import { renderAll } from '../scripts/render/render.ts';
import { freePort } from './free-port.ts';
import { identity } from './services/world.ts';
import { accounts, navigation, SignInWorld } from './sign-in/world.ts';
import { readTutorial } from './tutorial.ts';
import { typeErrors, withTutorial } from './tutorial-repository.ts';
import { until } from './until.ts';

/* docs/tutorial-sign-in.md without a cluster: its app is rendered, compiled, and runs behind the proxy itself. */

const tutorial = readTutorial(join(import.meta.dirname, '..'), 'docs/tutorial-sign-in.md');
const [signIn = ''] = tutorial.commands;

const withWelcome = <T>(use: (folder: string) => Promise<T>) =>
  withTutorial(tutorial, 'welcome', `${signIn}\napps: { welcome: }`, use);

test('the tutorial names every file of its app and every command that leads to it', () => {
  expect([...tutorial.files.keys()].sort()).toEqual([
    'apps/welcome/Dockerfile',
    'apps/welcome/app.ts',
    'apps/welcome/package.json',
    'apps/welcome/src/server.ts',
  ]);
  expect(tutorial.commands).toEqual([
    'signIn: { mail: { kind: mailpit } }',
    'npm run new -- app welcome --kind server',
    'npm install',
    'npm run explain -- welcome',
    'npm run init-cluster',
    'curl --insecure https://welcome.dev.localhost:8443/',
  ]);
});

test('its app renders behind the proxy, with what verifies tokens', async () => {
  await withWelcome(async (folder) => {
    const { files } = await renderAll(folder);
    const deployment = files.get('manifests/dev/welcome/deployment-welcome.yaml');
    for (const name of ['PEOPLE_KEYS', 'PEOPLE_IDENTITY_DIR', 'PEOPLE_ISSUER', 'PEOPLE_AUDIENCES'])
      expect(deployment).toContain(name);
    expect([...files.keys()].filter((path) => /httproute-.*welcome/.test(path))).toEqual([
      expect.stringContaining('/sign-in/'),
    ]);
  });
});

let world: SignInWorld;
let port = 0;

beforeAll(async () => {
  port = await freePort();
  world = await SignInWorld.make((config) => ({
    ...config,
    apps: [
      ...config.apps,
      {
        name: 'welcome',
        origins: ['https://welcome.test:8443'],
        service: 'welcome.welcome.svc',
        paths: [{ path: '/', port, mutual: false }],
      },
    ],
  }));
});

afterAll(() => world?.close());

/** Runs the program with the variables that the edge `people` gives. */
async function running(folder: string): Promise<ChildProcess> {
  const program = spawn(process.execPath, [join(folder, 'apps/welcome/dist/server.mjs')], {
    env: {
      PORT: `${port}`,
      PEOPLE_KEYS: world.keysAddress,
      PEOPLE_IDENTITY_DIR: await identity(world.authority, 'welcome'),
      PEOPLE_ISSUER: accounts,
      PEOPLE_AUDIENCES: 'welcome',
    },
    stdio: 'inherit',
  });
  await until(async () => {
    if (program.exitCode !== null) throw new Error('the program of the tutorial ended');
    return (await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined))?.ok === true;
  }, 'the program of the tutorial');
  return program;
}

test('its program compiles, greets who is signed in, and nobody else', async () => {
  await withWelcome(async (folder) => {
    expect(await typeErrors(folder, 'welcome')).toBe('');
    await bundle({ root: folder, folder: 'apps/welcome', entry: 'src/server.ts' });
    const program = await running(folder);
    const visit = (headers: Record<string, string>) => world.ask('/', { host: 'welcome.test:8443', headers });
    const cookie = `__Host-session=${world.signIn('ada')}`;
    const greeted = await visit({ ...navigation, cookie });
    expect([greeted.status, greeted.text]).toEqual([200, expect.stringContaining('Your id is ada')]);
    expect((await visit({})).status).toBe(401);
    expect((await visit(navigation)).status).toBe(302);

    // Past the proxy: without a token, and with one that the visitor signed himself.
    const own = new SigningKeys(accounts).token('welcome', {
      ...{ id: 's', person: 'ada', expires: Date.now() + 60_000, authenticated: Date.now(), level: 'aal1' },
    });
    for (const headers of [{}, { 'x-plinth-person': own }]) {
      const answer = await fetch(`http://127.0.0.1:${port}/`, { headers });
      expect([answer.status, await answer.text()]).toEqual([401, 'You are not signed in here.\n']);
    }
    const ended = once(program, 'exit');
    program.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  });
}, 120_000);
