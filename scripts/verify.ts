import { resolve } from 'node:path';
import { npmCommand, runCommand } from './cli/command.ts';
import { ProblemsFailure, withProblems } from './render/problems-failure.ts';
import { verify } from './verify/verify.ts';

const program = npmCommand('verify')
  .description(
    'Renders every environment and compares its custom resources with the definitions of their kinds, in the versions of\nimages/lock.yaml. Definitions that are not in the cache are fetched with their Go modules.',
  )
  .option('--json', 'print the result, or the problems, as JSON')
  .addHelpText(
    'after',
    '\nExit code: 0 when all are as they are defined; 1 when one is not, or something is wrong.',
  )
  .parse();

const { json = false } = program.opts<{ json?: boolean }>();
const print = (text: string) => void process.stdout.write(`${text}\n`);

await runCommand(async () => {
  const started = performance.now();
  const report = (text: string) => void process.stderr.write(`${text}\n`);
  const root = resolve(import.meta.dirname, '..');
  const verified = await withProblems(json, print, () => verify(root, report));
  if (verified === undefined) return 1;
  const { problems, ...found } = verified;
  if (json) print(JSON.stringify({ ...found, problems }, null, 2));
  else if (problems.length > 0) throw new ProblemsFailure(problems);
  else {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(
      `${found.environments} environments, ${found.objects} custom resources of ${found.kinds} kinds as they are defined, ${seconds} s`,
    );
  }
  return problems.length > 0 ? 1 : 0;
});
