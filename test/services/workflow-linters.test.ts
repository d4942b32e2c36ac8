import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Failure } from '../../scripts/cli/failure.ts';
import { lintWorkflows } from '../../scripts/lint-workflows/lint-workflows.ts';

const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'plinth-workflows-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What both programs say; undefined with the reason where one of them cannot be had here. */
async function said(of: string): Promise<{ exitCode: number; output: string } | string> {
  return lintWorkflows(of, (line) => console.log(line)).catch((error: unknown) => {
    if (error instanceof Failure) return `${error.message} ${error.next}`;
    throw error;
  });
}

const first = await said(root);
const lacking = typeof first === 'string' ? `, not run: ${first.split('\n')[0]}` : '';

it.skipIf(typeof first === 'string')(`actionlint and zizmor find nothing in the workflows${lacking}`, () => {
  expect(first).toEqual({ exitCode: 0, output: expect.not.stringContaining('error') });
});

it.skipIf(typeof first === 'string')(
  `a mistake and a hole are found, each by one of them${lacking}`,
  async () => {
    mkdirSync(join(folder, '.github/workflows'), { recursive: true });
    cpSync(join(root, 'ci/requirements.txt'), join(folder, 'ci/requirements.txt'));
    const file =
      `on: pull_request_target
jobs:
  wrong:
    runs-on: ubuntu-24.04
    needs: nothing
    steps:
      - run: echo "$` +
      `{{ github.event.pull_request.title }}"
`;
    writeFileSync(join(folder, '.github/workflows/wrong.yml'), file);
    const found = await said(folder);
    expect(found).toMatchObject({ exitCode: expect.any(Number) });
    if (typeof found === 'string') return;
    expect(found.exitCode).not.toBe(0);
    expect(found.output).toMatch(/needs.*nothing/);
    expect(found.output).toContain('template-injection');
  },
  300_000,
);
