import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const folder = join(import.meta.dirname, '..', '.github', 'workflows');

const step = z.object({
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
});
const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(z.string(), z.object({ permissions: z.undefined().optional(), steps: z.array(step) })),
});

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')));

/** Names after `npm run` in a text that package.json does not have. */
function unknownScripts(text: string): string[] {
  const named = [...text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].flatMap(([, name]) => name ?? []);
  return named.filter((name) => !Object.hasOwn(scripts, name));
}

describe('the jobs of ci/gitlab-preview.yml', () => {
  const job = z.object({
    rules: z.array(z.object({ if: z.string() })),
    script: z.array(z.string()),
    environment: z.object({ on_stop: z.string().optional(), action: z.string().optional() }).optional(),
  });
  const file = z
    .record(z.string(), z.unknown())
    .parse(parse(readFileSync(join(import.meta.dirname, '../ci/gitlab-preview.yml'), 'utf8')));
  const jobs = new Map(
    Object.entries(file)
      .filter(([name]) => !name.startsWith('.'))
      .map(([name, value]) => [name, job.parse(value)]),
  );

  test('type scripts of package.json alone', () => {
    const lines = [...jobs.values()].flatMap(({ script }) => script);
    expect(lines.filter((line) => line.startsWith('npm run preview -- '))).toHaveLength(3);
    expect(unknownScripts(lines.join('\n'))).toEqual([]);
  });

  test('run for merge requests of the project itself, which forks are not, and where an environment is named', () => {
    for (const { rules } of jobs.values())
      for (const { if: when } of rules) {
        expect(when).toContain('$PREVIEW_ENVIRONMENT');
        if (when.includes('merge_request_event'))
          expect(when).toContain('$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID');
      }
  });

  test('close what they open', () => {
    const stop = jobs.get('open-preview')?.environment?.on_stop ?? '';
    expect(jobs.get(stop)?.environment?.action).toBe('stop');
  });
});

test('Git asks ci/git-askpass for a login, and gets the token of the environment', () => {
  const ask = (question: string) =>
    execFileSync(join(import.meta.dirname, '../ci/git-askpass'), [question], {
      env: { ...process.env, GIT_PASSWORD: 'p w' },
      encoding: 'utf8',
    });
  expect(ask("Username for 'https://git.example.org': ")).toBe('token\n');
  expect(ask("Password for 'https://token@git.example.org': ")).toBe('p w\n');
});

describe.each(readdirSync(folder))('the workflow %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const { permissions, jobs } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('names each action by the digest of a commit, with its version beside', () => {
    const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses).toHaveLength(steps.filter((one) => one.uses !== undefined).length);
    for (const line of uses) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read the repository alone, and leaves no credential in it', () => {
    expect(permissions).toEqual({ contents: 'read' });
    const checkouts = steps.filter((one) => one.uses?.startsWith('actions/checkout@'));
    expect(checkouts.length).toBeGreaterThan(0);
    for (const checkout of checkouts) expect(checkout.with).toMatchObject({ 'persist-credentials': false });
  });

  test('types scripts of package.json alone, so that each step runs on a laptop too', () => {
    for (const { run = '' } of steps) expect(unknownScripts(run)).toEqual([]);
  });

  test('asks for no root, and puts nothing of an event into a shell', () => {
    for (const { run = '' } of steps) {
      expect(run).not.toMatch(/\b(sudo|apt-get|apt)\b/);
      expect(run).not.toContain('$' + '{{');
    }
  });
});
