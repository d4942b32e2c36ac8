import { resolve } from 'node:path';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { DiagnosticsFailure, withDiagnostics } from './render/diagnostics-failure.ts';
import { type Verified, verify } from './verify/verify.ts';

const program = npmCommand('verify')
  .description(
    "Renders every environment, validates custom resources against the definitions in the versions of images/lock.yaml,\nand checks every object with a real API server of the environment's version, with its admission policies. etcd and\nkube-apiserver run on this machine meanwhile; no cluster is changed. Programs and definitions that are not in the\ncache are downloaded, or built from their Go modules.",
  )
  .option('--offline', 'start no API server: only validate custom resources against their definitions')
  .option('--json', 'print the result, or the diagnostics, as JSON')
  .addHelpText('after', '\nExit code: 0 if all objects are accepted; 1 if one is refused, or on errors.')
  .parse();

const { json = false, offline = false } = program.opts<{ json?: boolean; offline?: boolean }>();
const print = (text: string) => void process.stdout.write(`${text}\n`);

await runCommand(async () => {
  const started = performance.now();
  const report = (text: string) => void process.stderr.write(`${text}\n`);
  const stop = new AbortController();
  const end = (): void =>
    stop.abort(new Failure('interrupted.', 'Nothing was changed; the same command starts again.'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  const root = resolve(import.meta.dirname, '..');
  const verified = await withDiagnostics(json, print, () =>
    verify(root, { offline, report, signal: stop.signal }),
  );
  if (verified === undefined) return 1;
  const { diagnostics, ...found } = verified;
  if (json) print(JSON.stringify({ ...found, diagnostics }, null, 2));
  else if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  else {
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    print(
      `${found.environments} environments, ${found.objects} valid custom resources of ${found.kinds} kinds${taken(found.server)}, ${seconds} s`,
    );
  }
  return diagnostics.length > 0 ? 1 : 0;
});

function taken(server: Verified['server']): string {
  if (server === undefined) return '';
  return `, ${server.shown} objects accepted by the API server of ${server.versions.join(' and ')}`;
}
