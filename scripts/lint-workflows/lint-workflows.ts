import { globSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensureProgram, type Report } from '../../images/index.ts';
import { ensurePythonPackages } from '../nodes/python-packages.ts';

/** Checks of workflows of GitHub Actions: actionlint for their syntax, zizmor for what an attacker could use. */
export async function lintWorkflows(
  root: string,
  report: Report,
): Promise<{ exitCode: number; output: string }> {
  const files = globSync('.github/workflows/*.yml', { cwd: root }).sort();
  const zizmor = await ensurePythonPackages(
    {
      title: 'zizmor',
      name: 'zizmor',
      requirements: join(root, 'ci/requirements.txt'),
      debian: ['python3-venv'],
    },
    report,
  );
  const run = (program: string, args: string[]) =>
    execa(program, args, { cwd: root, all: true, reject: false, stdin: 'ignore' });
  const results = [
    await run(await ensureProgram('actionlint', report), ['-no-color', ...files]),
    // What it could ask GitHub is not needed: actions are named by digest.
    await run(join(zizmor, 'zizmor'), ['--offline', '--no-progress', '--color=never', '--quiet', ...files]),
  ];
  return {
    exitCode: results.find(({ exitCode }) => exitCode !== 0)?.exitCode ?? 0,
    output: results
      .map(({ all }) => all.trim())
      .filter((text) => text !== '')
      .map((text) => `${text}\n`)
      .join(''),
  };
}
