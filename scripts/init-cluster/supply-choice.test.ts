import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { findSupply, SupplyUndecided } from '../../images/supply/index.ts';
import { Failure } from '../cli/failure.ts';
import { choseToBuild } from './supply-choice.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plinth-choice-'));
  vi.stubEnv('PLINTH_CACHE', folder);
  vi.stubEnv('PLINTH_SUPPLY', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

const undecided = new Failure('only quay.io answers.', 'Choose.', {
  cause: new SupplyUndecided('only quay.io answers'),
});

/** The answer of `choseToBuild` to what a person types, and what stood on the screen. */
async function asked(
  typed: string,
  { error = undecided as unknown, isTTY = true, missing = [] as string[] } = {},
): Promise<{ chose: boolean; screen: string }> {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = Object.assign(new PassThrough(), { isTTY });
  const screen = text(output);
  input.end(typed);
  const chose = await choseToBuild(error, { input, output }, missing);
  output.end();
  return { chose, screen: await screen };
}

test('the answer y starts a build, also in later runs', async () => {
  const { chose, screen } = await asked('y\n');
  expect(chose).toBe(true);
  expect(screen).toContain('only quay.io answers.');
  expect(screen).toContain('Build everything here, 20 to 40 minutes');
  expect(await findSupply()).toMatchObject({ mode: 'build', asked: false });
});

test.each(['\n', 'n\n', 'yellow\n', ''])('the answer %j does not start a build', async (typed) => {
  expect((await asked(typed)).chose).toBe(false);
});

test('does not ask without a terminal, without the tools for a build, or after another failure', async () => {
  const nothing = { chose: false, screen: '' };
  expect(await asked('y\n', { isTTY: false })).toEqual(nothing);
  expect(await asked('y\n', { missing: ['Go'] })).toEqual(nothing);
  expect(await asked('y\n', { error: new Failure('the disk is full.', 'Make room.') })).toEqual(nothing);
});
