import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { repositoryRoot } from '../repository/read-cluster.ts';

/** Counts of a step. */
export interface StepResult {
  passed: number;
  /** Tests that were not run; their titles say why. */
  skipped: number;
  /** One entry per failure: its title, and the first lines of its message. */
  failures: string[];
}

/** The fields of Vitest's JSON report that are read. */
const reportSchema = z.object({
  numPassedTests: z.number(),
  numPendingTests: z.number(),
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

/** Maximum lines of a failure's message in the summary. */
const maxLines = 12;

/** Runs a tool that passes or fails as a whole. */
export async function runTool(command: string, args: string[]): Promise<StepResult> {
  const { failed } = await run(command, args);
  return { passed: failed ? 0 : 1, skipped: 0, failures: failed ? [[command, ...args].join(' ')] : [] };
}

/** Runs a project of vitest and counts its tests. */
export async function runVitest(project: string, ...args: string[]): Promise<StepResult> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-test-'));
  const outputFile = join(folder, 'report.json');
  try {
    const { failed } = await run('vitest', [
      ...['run', '--project', project, '--reporter=verbose', ...args],
      ...['--reporter=json', `--outputFile.json=${outputFile}`],
    ]);
    const report = reportSchema.parse(JSON.parse(await readFile(outputFile, 'utf8')));
    const failures = report.testResults.flatMap(fileFailures);
    // An error outside of any test fails the run, but is not in the report.
    if (failed && failures.length === 0)
      failures.push('vitest ended with an error that belongs to no test; see above');
    return { passed: report.numPassedTests, skipped: report.numPendingTests, failures };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

type FileReport = z.infer<typeof reportSchema>['testResults'][number];

function fileFailures({ name, message, assertionResults }: FileReport): string[] {
  const file = relative(repositoryRoot, name);
  return [
    // If a file cannot be loaded, or a hook fails, the file has the message.
    ...(message === '' ? [] : [`${file}: ${firstLines(message)}`]),
    ...assertionResults
      .filter(({ status }) => status === 'failed')
      .map((test) => `${file} > ${test.fullName}\n${firstLines(test.failureMessages?.join('\n') ?? '')}`),
  ];
}

function firstLines(text: string): string {
  return text.split('\n').slice(0, maxLines).join('\n');
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
