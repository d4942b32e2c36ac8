import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { JobFolder } from '../ci/job-folder.ts';

// gitlab-ci-local reads the files as GitLab does, with its schema, rules and variables, and runs their jobs.

vi.setConfig({ testTimeout: 300_000, hookTimeout: 120_000 });

const program = join(import.meta.dirname, '../../node_modules/gitlab-ci-local/dist/index.js');
let jobs: JobFolder;
beforeAll(async () => {
  jobs = await JobFolder.make();
  const files = ['gitlab-ci', 'gitlab-preview', 'gitlab-publish'];
  await jobs.commit({
    '.gitlab-ci.yml': `include:\n${files.map((name) => `  - local: ci/${name}.yml\n`).join('')}`,
  });
});
afterAll(() => jobs.remove());

/** Variables of a project that uses all that the files offer. */
const project = {
  ...{ CI_PROJECT_ID: '1', CI_MERGE_REQUEST_IID: '12', CI_MERGE_REQUEST_DIFF_BASE_SHA: 'base' },
  ...{ PREVIEW_ENVIRONMENT: 'staging', PUBLISH_ENVIRONMENT: 'staging', PLINTH_FORGE_TOKEN: 'forge' },
  ...{ MANIFESTS_TOKEN: 'git', REGISTRY_USER: 'ci', REGISTRY_PASSWORD: 'registry' },
};
const request = { CI_PIPELINE_SOURCE: 'merge_request_event', CI_COMMIT_BRANCH: '' };
const own = { ...project, ...request, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '1' };
const push = { ...project, CI_PIPELINE_SOURCE: 'push' };

function local(args: readonly string[], variables: Readonly<Record<string, string>>) {
  const given = Object.entries(variables).flatMap(([name, value]) => ['--variable', `${name}=${value}`]);
  return execa(process.execPath, [program, ...args, ...given], {
    cwd: jobs.checkout,
    env: { PATH: jobs.path, GCL_IGNORE_PREDEFINED_VARS: Object.keys(variables).join(',') },
    reject: false,
    stdin: 'ignore',
  });
}

/** Names of the jobs that GitLab would start. */
async function started(variables: Readonly<Record<string, string>>): Promise<string[]> {
  const { stdout, stderr, exitCode } = await local(['--list-json'], variables);
  expect(exitCode, stderr).toBe(0);
  const list = z.array(z.object({ name: z.string(), when: z.string() }));
  return list
    .parse(JSON.parse(stdout.slice(stdout.indexOf('['))))
    .filter(({ when }) => when === 'on_success')
    .map(({ name }) => name)
    .sort();
}

describe('GitLab starts', () => {
  it.each<[string, Readonly<Record<string, string>>, string[]]>([
    ['checks and publish for a push to the default branch', push, ['checks', 'packages', 'publish', 'test']],
    [
      'checks, the comment and the preview for a merge request of the project',
      own,
      ['checks', 'effects', 'open-preview', 'packages', 'test'],
    ],
    [
      'checks alone for a merge request of a fork',
      { ...own, CI_MERGE_REQUEST_SOURCE_PROJECT_ID: '2' },
      ['checks', 'packages', 'test'],
    ],
    [
      'no publish by a schedule, which removes stale previews',
      { ...project, CI_PIPELINE_SOURCE: 'schedule' },
      ['checks', 'packages', 'prune-previews', 'test'],
    ],
    ['checks alone where no variable is set', { CI_PIPELINE_SOURCE: 'push' }, ['checks', 'packages', 'test']],
  ])('%s', async (_, variables, names) => {
    expect(await started(variables)).toEqual(names);
  });
});

describe('the job', () => {
  const git = 'GIT_ASKPASS=./ci/git-askpass GIT_PASSWORD=git';
  const access = `${git} PLINTH_REGISTRY_USER=ci PLINTH_REGISTRY_PASSWORD=registry`;
  const forge = 'PLINTH_FORGE_TOKEN=forge';

  it.each<[string, Readonly<Record<string, string>>, string[]]>([
    ['publish', push, ['npm run publish -- staging', 'npm run -s notes -- staging']],
    ['open-preview', own, ['npm run preview -- open staging --pr 12']],
    ['close-preview', own, ['npm run preview -- close staging --pr 12']],
    ['prune-previews', { ...project, CI_PIPELINE_SOURCE: 'schedule' }, ['npm run preview -- prune staging']],
  ])('%s types its command with the access that it needs', async (name, variables, commands) => {
    const { exitCode, stdout, stderr } = await local([name], variables);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(jobs.calls()).toEqual(['npm ci', ...commands].map((command) => `${command} ${access} ${forge}`));
  });

  it.each([
    ['checks', ['lint', 'render -- --check', 'verify', 'lint:ansible']],
    ['effects', ['review -- --from base']],
  ])('%s types its commands without access to registry and manifests', async (name, scripts) => {
    const { exitCode, stdout, stderr } = await local([name], own);
    expect(exitCode, `${stdout}\n${stderr}`).toBe(0);
    expect(jobs.calls()).toEqual(
      ['npm ci', ...scripts.map((script) => `npm run ${script}`)].map((command) => `${command} ${forge}`),
    );
  });
});
