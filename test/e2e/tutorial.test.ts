import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readTutorial } from '../tutorial.ts';
import { said, World } from './identity/world.ts';

/** Port of the gateway on this machine, in clusters of stories; the tutorial has the default. */
const httpsPort = '19443';

/** docs/tutorial.md as a reader follows it: its files, its commands, its requests. */
describe('the tutorial', () => {
  const world = new World();
  const { files, commands } = readTutorial(join(import.meta.dirname, '../..'));

  const command = async (line: string) => {
    const [, , name = '', ...rest] = line.split(' ');
    return world.checkout.npm(name, ...rest.filter((word) => word !== '--'));
  };

  /** A request of the tutorial, by the same curl. */
  const curl = async (line: string) => {
    const words = line.match(/'[^']*'|\S+/g) ?? [];
    const [, ...args] = words.map((word) => word.replaceAll("'", '').replace(':8443', `:${httpsPort}`));
    return (await execa('curl', ['--silent', '--show-error', '--fail-with-body', ...args])).stdout;
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
    for (const [path, text] of files) {
      const file = join(world.checkout.root, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
    }
    // As `npm install` writes it, which the packages of a story are too many for.
    const lock = join(world.checkout.root, 'package-lock.json');
    const locked = z
      .looseObject({ packages: z.record(z.string(), z.unknown()) })
      .parse(JSON.parse(await readFile(lock, 'utf8')));
    locked.packages['apps/notes'] = JSON.parse(files.get('apps/notes/package.json') ?? '');
    await writeFile(lock, JSON.stringify(locked, null, 2));
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

  it('removes the cluster when that is confirmed', async () => {
    const ended = await world.checkout.npm('init-cluster', '--down', '--yes');
    expect(ended.exitCode, said(ended)).toBe(0);
    expect(said(ended)).toContain('notes');
  });
});
