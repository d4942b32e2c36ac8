import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { loadLock } from '../model/schema/lock.ts';
import { npmCommand, runCommand } from './cli/command.ts';
import { thisHost } from './doctor/host.ts';
import { refuseUnfit } from './doctor/refuse.ts';
import { repositoryRoot } from './repository/read-cluster.ts';
import { buildsBefore, checksBefore } from './test/before.ts';
import { expectedDuration, noteDuration, readDurations } from './test/durations.ts';

const reportSchema = z.object({
  numPassedTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      message: z.string(),
      assertionResults: z.array(
        z.object({
          fullName: z.string(),
          status: z.string(),
          failureMessages: z.array(z.string()).nullish(),
        }),
      ),
    }),
  ),
});

/** What a step found. */
interface Count {
  passed: number;
  /** One entry per failure: what failed, and the first lines of why. */
  failures: string[];
}

/** Its title and what it runs. */
type Step = [string, () => Promise<Count>];

/** Stories that run alone: the option, and the project of vitest. */
const stories = [
  ['identity', 'identity'],
  ['identityProduction', 'identity-production'],
  ['nodes', 'nodes'],
  ['controlPlanes', 'control-planes'],
  ['upgrade', 'upgrade'],
  ['pull', 'pull'],
  ['observability', 'observability'],
  ['workloads', 'workloads'],
] as const;

type Asked = { [option in (typeof stories)[number][0] | 'unit']?: boolean };

const program = npmCommand('test')
  .description(
    'Everything that CI runs: linter, types, the render, contracts, unit tests, the services on a real Postgres, the stacks on the real engine of Pulumi, machines that become a cluster, and the end-to-end test on a real cluster.',
  )
  .option('--unit', 'without the stacks and the end-to-end test')
  .option('--identity', 'instead of all that: refusals, renewals and faults of identity on a real cluster')
  .option(
    '--identity-production',
    'instead of all that: the same with three instances of each database and authorities below one root',
  )
  .option(
    '--nodes',
    'instead of all that: the whole story of machines that Ansible makes a cluster of, on hosts made here',
  )
  .option('--control-planes', 'the same with three control planes, of which one burns down')
  .option(
    '--upgrade',
    'the same with an upgrade under load; builds the version of Kubernetes before, 10 minutes',
  )
  .option(
    '--pull',
    "instead of all that: a cluster of images that are pulled, by an ordinary user, from registries on this machine's loopback that then misbehave",
  )
  .option(
    '--observability',
    'instead of all that: from an order to its trace, its log lines and its metrics on a real cluster, and kills of each store',
  )
  .option(
    '--workloads',
    'instead of all that: each kind of work that app.ts describes, with volumes, secrets, schedules, jobs and load, on a real cluster',
  )
  .action((asked: Asked) => runCommand(() => test(asked)));

await program.parseAsync();

async function test(asked: Asked): Promise<number> {
  const { unit } = asked;
  const total: Count = { passed: 0, failures: [] };
  const everything: Step[] = [
    ['linter', () => one('biome', ['check', '--error-on-warnings', '.'])],
    ['types', () => one('tsc', ['--noEmit'])],
    ['render', () => one(process.execPath, ['scripts/render.ts', '--check'])],
    ['secrets in plain text', () => one(process.execPath, ['scripts/secrets.ts', 'check'])],
    ['contracts', () => one(process.execPath, ['scripts/generate.ts', '--check'])],
    ['custom resources', () => one(process.execPath, ['scripts/verify.ts'])],
    ['unit tests', () => vitest('unit')],
    ['services', () => vitest('services')],
  ];
  if (unit !== true) {
    everything.push(['linters of Ansible', () => one(process.execPath, ['scripts/lint-ansible.ts'])]);
    everything.push(['stacks on the real engine', () => vitest('stacks')]);
    // Machines need Debian's packages and the kernel's limits for watches.
    if (process.getuid?.() === 0) everything.push(['machines', () => vitest('nodes', '--tags-filter=core')]);
    else console.log('Left out, since it takes root: machines that Ansible makes a cluster of.');
    everything.push(['end-to-end test', () => vitest('e2e')]);
  }
  const alone = stories
    .filter(([option]) => asked[option] === true)
    .map(([, project]): Step => [project, () => vitest(project)]);
  const steps = alone.length > 0 ? alone : everything;
  const usual =
    alone.length > 0 ? 'up to 45 minutes' : unit === true ? 'about 8 minutes' : 'about 30 minutes';
  const titles = steps.map(([title]) => title);
  console.log(`${titles.join(', ')}: ${expectedDuration(titles, readDurations(), usual)}.`);
  const lock = loadLock();
  if (unit !== true) for (const line of buildsBefore(lock)) console.log(line);
  const parts = { browser: alone.length === 0, clusters: unit !== true };
  await refuseUnfit(checksBefore(parts, lock, thisHost()));
  for (const [title, run] of steps) {
    const started = performance.now();
    console.log(`\n== ${title}`);
    const { passed, failures } = await run();
    total.passed += passed;
    total.failures.push(...failures.map((failure) => `${title}: ${failure}`));
    const seconds = (performance.now() - started) / 1000;
    if (failures.length === 0) noteDuration(title, seconds);
    console.log(`== ${title}: ${failures.length === 0 ? 'passed' : 'FAILED'} in ${seconds.toFixed(0)} s`);
  }
  for (const failure of total.failures) console.log(`\nFAILED ${failure}`);
  console.log(`\n${total.passed} passed, ${total.failures.length} failed`);
  return total.failures.length === 0 ? 0 : 1;
}

/** A tool that passes or fails as a whole. */
async function one(command: string, args: string[]): Promise<Count> {
  const { failed } = await run(command, args);
  return failed ? { passed: 0, failures: [[command, ...args].join(' ')] } : { passed: 1, failures: [] };
}

async function vitest(project: string, ...args: string[]): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-test-'));
  const outputFile = join(folder, 'report.json');
  try {
    const { failed } = await run('vitest', [
      ...['run', '--project', project, '--reporter=verbose', ...args],
      ...['--reporter=json', `--outputFile.json=${outputFile}`],
    ]);
    const report = reportSchema.parse(JSON.parse(await readFile(outputFile, 'utf8')));
    const failures = report.testResults.flatMap(({ name, message, assertionResults }) => [
      // A file that can't be loaded, or a hook that fails, says so on the file.
      ...(message === '' ? [] : [`${relative(repositoryRoot, name)}: ${firstLines(message)}`]),
      ...assertionResults
        .filter(({ status }) => status === 'failed')
        .map(
          (test) =>
            `${relative(repositoryRoot, name)} > ${test.fullName}\n${firstLines(test.failureMessages?.join('\n') ?? '')}`,
        ),
    ]);
    // Errors outside of any test end the run without being in the report.
    if (failed && failures.length === 0)
      failures.push('vitest ended with an error that belongs to no test; see above');
    return { passed: report.numPassedTests, failures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, 12).join('\n');
}

function run(command: string, args: string[]) {
  return execa(command, args, {
    cwd: repositoryRoot,
    preferLocal: true,
    stdin: 'ignore',
    stdout: 'inherit',
    stderr: 'inherit',
    reject: false,
  });
}
