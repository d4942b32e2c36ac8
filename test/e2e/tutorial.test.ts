import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { openChromium } from '../browser/chromium.ts';
import { readTutorial } from '../tutorial.ts';
import { said, World } from './identity/world.ts';
import { mailedCode, register, signInBy } from './people/registration.ts';

/** Port of the gateway on this machine, in clusters of stories; the tutorial has the default. */
const httpsPort = '19443';

/** docs/tutorial.md and docs/tutorial-sign-in.md as a reader follows them: their files, their commands, their requests. */
describe('the tutorial', () => {
  const world = new World();
  const root = join(import.meta.dirname, '../..');
  const { files, commands } = readTutorial(root);
  const signIn = readTutorial(root, 'docs/tutorial-sign-in.md');

  const command = async (line: string) => {
    const [, , name = '', ...rest] = line.split(' ');
    return world.checkout.npm(name, ...rest.filter((word) => word !== '--'));
  };

  /** A request of the tutorial, by the same curl. */
  const curl = async (line: string) => {
    const words = line.match(/'[^']*'|\S+/g) ?? [];
    const [, ...args] = words.map((word) => word.replaceAll("'", '').replace(':8443', `:${httpsPort}`));
    return (await execa('curl', ['--silent', '--show-error', ...args])).stdout;
  };

  /** Writes the files of an app, and its package into package-lock.json. */
  const write = async (app: string, written: ReadonlyMap<string, string>) => {
    for (const [path, text] of written) {
      const file = join(world.checkout.root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    // As `npm install` writes it, which the packages of a story are too many for.
    const lock = join(world.checkout.root, 'package-lock.json');
    const locked = z
      .looseObject({ packages: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(await readFile(lock, 'utf8')));
    locked.packages[`apps/${app}`] = JSON.parse(written.get(`apps/${app}/package.json`) ?? '');
    await writeFile(lock, JSON.stringify(locked, null, 2));
  };

  beforeAll(() => world.begin(async () => {}));
  afterAll(() => world.end());

  it('starts the platform', async () => {
    const ended = await command('npm run init-cluster');
    expect(ended.exitCode, said(ended)).toBe(0);
    await world.clusterIsUp();
  });

  it('writes the app, whose derived parts can be explained', async () => {
    const made = await command('npm run new -- app notes --kind server');
    expect(made.exitCode, said(made)).toBe(0);
    await write('notes', files);
    const explained = await command('npm run explain -- notes');
    expect(explained.exitCode, said(explained)).toBe(0);
    expect(explained.stdout).toContain('notes-db');
  });

  it('deploys the app', async () => {
    const ended = await command('npm run deploy');
    expect(ended.exitCode, said(ended)).toBe(0);
  });

  it('stores a note in the database of the app', async () => {
    const [post = '', get = ''] = commands.filter((line) => line.startsWith('curl'));
    expect(JSON.parse(await curl(post))).toEqual({ id: expect.any(String) });
    expect(JSON.parse(await curl(get))).toMatchObject([{ text: 'Buy milk' }]);
  });

  it('turns on accounts, and starts the app with sign-in', async () => {
    const [line = ''] = signIn.commands;
    await world.checkout.edit('clusters/dev/cluster.yaml', (text) => `${text.trimEnd()}\n${line}\n`);
    const made = await command('npm run new -- app welcome --kind server');
    expect(made.exitCode, said(made)).toBe(0);
    await write('welcome', signIn.files);
    const explained = await command('npm run explain -- welcome');
    expect(explained.exitCode, said(explained)).toBe(0);
    const ended = await command('npm run init-cluster');
    expect(ended.exitCode, said(ended)).toBe(0);
  });

  it('refuses a program without a session', async () => {
    const [line = ''] = signIn.commands.filter((each) => each.startsWith('curl'));
    expect(JSON.parse(await curl(line))).toMatchObject({ error: { code: 'not_signed_in' } });
  });

  it('greets a person with a new account', async () => {
    const [address, password] = ['ada@example.org', 'a long sentence nobody guesses 42'];
    const browser = await openChromium();
    const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
    const app = `https://welcome.dev.localhost:${httpsPort}`;
    await page.goto(app);
    await register(page, address, password);
    await page.locator('input[name="code"]').fill(await mailedCode(world.cluster, address, 0));
    const verified = page.waitForEvent('framenavigated');
    await page.locator('button[name="method"][value="code"]').first().click();
    await verified;
    await page.goto(app);
    if (new URL(page.url()).origin !== app) await signInBy(page, address, password);
    await page.getByText('Welcome. Your id is').waitFor();
    await browser.close();
  });

  it('removes the cluster when that is confirmed', async () => {
    const ended = await world.checkout.npm('init-cluster', '--down', '--yes');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(said(ended)).toContain('notes');
  });
});
