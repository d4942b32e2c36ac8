import { resolve } from 'node:path';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { ProblemsFailure, withProblems } from './render/problems-failure.ts';
import { type Verified, verify } from './verify/verify.ts';

const program = npmCommand('verify')
  .description(
    'Renders every environment, compares its custom resources with the definitions of their kinds in the versions of\nimages/lock.yaml, and shows every object to a real API server of its version, under the admission policies of the\nenvironment: etcd and kube-apiserver run on this machine meanwhile, and no cluster is touched. Programs and\ndefinitions that are not in the cache are fetched, or built from their Go modules.',
  )
  .option('--offline', 'start no API server: compare custom resources with their definitions alone')
  .option('--json', 'print the result, or the problems, as JSON')
  .addHelpText('after', '\nExit code: 0 when all are taken; 1 when one is refused, or something is wrong.')
  .parse();

const { json = false, offline = false } = program.opts<{ json?: boolean; offline?: boolean }>();
const print = (text: string) => void process.stdout.write(`${text}\n`);

await runCommand(async () => {
  const started = performance.now();
  const report = (text: string) => void process.stderr.write(`${text}\n`);
  const stop = new AbortController();
  const end = (): void =>
    stop.abort(new Failure('interrupted.', 'Nothing was changed; the same command begins anew.'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const root = resolve(import.meta.dirname, '..');
  const verified = await withProblems(json, print, () =>
    verify(root, { offline, report, signal: stop.signal }),
  );
  if (verified === undefined) return 1;
  const { problems, ...found } = verified;
  if (json) print(JSON.stringify({ ...found, problems }, null, 2));
  else if (problems.length > 0) throw new ProblemsFailure(problems);
  else {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(
      `${found.environments} environments, ${found.objects} custom resources of ${found.kinds} kinds as they are defined${taken(found.server)}, ${seconds} s`,
    );
  }
  return problems.length > 0 ? 1 : 0;
});

function taken(server: Verified['server']): string {
  if (server === undefined) return '';
  return `, ${server.shown} objects taken by the API server of ${server.versions.join(' and ')}`;
}
