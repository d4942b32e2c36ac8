import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { JobFolder } from './ci/job-folder.ts';

// Many processes, on machines that are busy.
vi.setConfig({ testTimeout: 120_000 });

const root = join(import.meta.dirname, '..');
const folder = join(root, '.github', 'workflows');

const variables = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).default({});
const step = z.object({
  env: variables,
  uses: z.string().optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  run: z.string().optional(),
});
const workflow = z.object({
  permissions: z.record(z.string(), z.string()),
  jobs: z.record(
    z.string(),
    z.object({
      if: z.string().optional(),
      env: variables,
      permissions: z.record(z.string(), z.string()).optional(),
      steps: z.array(step),
    }),
  ),
});

const { scripts } = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));

/** The file that a script of package.json runs; undefined if it runs a program of a package. */
function fileOf(script: string): string | undefined {
  return /\b((?:scripts|bench|test)\/[\w/-]+\.ts)\b/.exec(scripts[script] ?? '')?.[1];
}

/** Names after `npm run` in a text that package.json does not have, or whose file does not exist. */
function unknownScripts(text: string): string[] {
  const named = [...text.matchAll(/\bnpm run (?:-s )?([\w:-]+)/g)].flatMap(([, name]) => name ?? []);
  return named.filter((name) => {
    const file = fileOf(name);
    return !Object.hasOwn(scripts, name) || (file !== undefined && !existsSync(join(root, file)));
  });
}

test('scripts of package.json run files that exist', () => {
  expect(Object.keys(scripts).filter((name) => unknownScripts(`npm run ${name}`).length > 0)).toEqual([]);
  expect(unknownScripts('npm run no-such-script')).toEqual(['no-such-script']);
});

test('the checks of GitHub and of GitLab type the same commands', () => {
  const commands = (text: string) => {
    const found = [
      ...text.matchAll(
        /\bnpm (?:run (?:-s )?[\w:-]+(?: -- (?:check|--required|prod))?|audit signatures|ci)\b/g,
      ),
    ];
    return new Set(found.map(([command]) => command));
  };
  const read = (path: string) => readFileSync(join(root, path), 'utf8').replaceAll(/^\s*#.*$/gm, '');
  const github = commands(
    ['checks', 'supply-chain', 'review'].map((name) => read(`.github/workflows/${name}.yml`)).join(''),
  );
  // GitLab reads no workflows of GitHub.
  github.delete('npm run lint:workflows');
  expect(github.size).toBeGreaterThan(10);
  expect(commands(read('ci/gitlab-ci.yml'))).toEqual(github);
  const publish = commands(read('.github/workflows/publish.yml'));
  expect(publish).toContain('npm run publish');
  expect(commands(read('ci/gitlab-publish.yml'))).toEqual(publish);
});

describe('the jobs of ci/gitlab-ci.yml', () => {
  const file = z
    .record(
      z.string(),
      z.object({
        script: z.array(z.string()).optional(),
        rules: z.array(z.object({ if: z.string() })).optional(),
      }),
    )
    .parse(parse(readFileSync(join(root, 'ci/gitlab-ci.yml'), 'utf8')));

  test('type scripts of package.json alone', () => {
    const lines = Object.values(file).flatMap(({ script = [] }) => script);
    expect(lines.length).toBeGreaterThan(5);
    expect(unknownScripts(lines.join('\n'))).toEqual([]);
  });

  test('give the token to merge requests of the project itself alone, which forks are not', () => {
    expect(file.effects?.rules).toHaveLength(1);
    expect(file.effects?.rules?.[0]?.if).toContain('$CI_MERGE_REQUEST_SOURCE_PROJECT_ID == $CI_PROJECT_ID');
  });
});

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

/** What GitHub puts in the place of an expression. */
const expressions: Readonly<Record<string, string>> = {
  'vars.PREVIEW_ENVIRONMENT': 'staging',
  'vars.PUBLISH_ENVIRONMENT': 'staging',
  'github.event.pull_request.number': '12',
  'github.event.pull_request.base.sha': 'base',
  'github.actor': 'ann',
  'github.token': 'forge',
  'github.workspace': '.',
  'secrets.MANIFESTS_TOKEN': 'git',
  'secrets.REGISTRY_USER': 'ci',
  'secrets.REGISTRY_PASSWORD': 'registry',
  'secrets.SIGNING_KEY': 'key',
};

function filled(text: string): string {
  return text.replaceAll(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
    const value = expressions[expression];
    if (value === undefined) throw new Error(`the test knows no value of ${expression}`);
    return value;
  });
}

/** Runs each step of a workflow, as GitHub's shell does but without a value for what no step sets; returns how npm was called. */
async function callsOf(file: string): Promise<string[]> {
  const folder = await JobFolder.make();
  try {
    const { jobs } = workflow.parse(parse(readFileSync(join(root, '.github/workflows', file), 'utf8')));
    const calls: string[] = [];
    for (const job of Object.values(jobs))
      for (const { run, env } of job.steps) {
        if (run === undefined) continue;
        const given = Object.entries({ ...job.env, ...env }).map(([name, value]) => [name, filled(value)]);
        await execa('bash', ['-e', '-u', '-o', 'pipefail', '-c', run], {
          cwd: folder.checkout,
          extendEnv: false,
          env: {
            ...{
              PATH: folder.path,
              HOME: folder.folder,
              GITHUB_STEP_SUMMARY: join(folder.folder, 'summary'),
            },
            ...Object.fromEntries(given),
          },
        });
        calls.push(...folder.calls());
      }
    return calls;
  } finally {
    folder.remove();
  }
}

const git = 'GIT_ASKPASS=./ci/git-askpass GIT_PASSWORD=git';
const access = `${git} PLINTH_REGISTRY_USER=ci PLINTH_REGISTRY_PASSWORD=registry`;

test.each<[string, string[]]>([
  ['ci.yml', ['npm ci', 'npm test', 'npm run doctor']],
  [
    'checks.yml',
    ['npm ci', ...['lint', 'render -- --check', 'verify', 'lint:ansible'].map((name) => `npm run ${name}`)],
  ],
  ['review.yml', ['npm ci', 'npm run review -- --from base PLINTH_FORGE_TOKEN=forge']],
  [
    'publish.yml',
    [
      'npm ci',
      `npm run publish -- staging ${access} PLINTH_SIGNING_KEY=key`,
      `npm run -s notes -- staging ${git}`,
    ],
  ],
  [
    'preview.yml',
    [
      'npm ci',
      ...['open staging --pr 12', 'close staging --pr 12', 'prune staging'].map(
        (what) => `npm run preview -- ${what} ${access}`,
      ),
    ],
  ],
  [
    'supply-chain.yml',
    [
      ...['npm ci', 'npm audit signatures', 'npm run licences', 'npm run secrets -- check'],
      ...['npm run -s sbom -- prod', 'npm run scan -- --required', 'npm run lint:renovate'],
      ...['npm ci', 'npm run lint:workflows'],
    ],
  ],
])(
  'the steps of %s type these commands, with the credentials that each needs and no others',
  async (file, calls) => {
    expect(await callsOf(file)).toEqual(calls);
  },
);

describe.each(readdirSync(folder))('the workflow %s', (file) => {
  const text = readFileSync(join(folder, file), 'utf8');
  const { permissions, jobs } = workflow.parse(parse(text));
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('names each action by the digest of a commit, with its version beside', () => {
    const uses = text.split('\n').filter((line) => /^\s*(- )?uses:/.test(line));
    expect(uses).toHaveLength(steps.filter((one) => one.uses !== undefined).length);
    for (const line of uses) expect(line).toMatch(/uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('may read the repository alone, or comment on pull requests that are not from forks; leaves no credential in it', () => {
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) {
      if (job.permissions === undefined) continue;
      expect(job.permissions).toEqual({ contents: 'read', 'pull-requests': 'write' });
      expect(job.if).toBe('github.event.pull_request.head.repo.full_name == github.repository');
    }
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
