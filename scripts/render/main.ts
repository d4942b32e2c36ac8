import { resolve } from 'node:path';
import type { Environment } from '../../model/graph.ts';
import { npmCommand, runCommand } from '../cli/command.ts';
import { hasKubeconfig } from '../cluster/client.ts';
import { keepRun } from '../telemetry/run-trace.ts';
import { type RenderCommand, renderCommand } from './render-command.ts';
import { watchAndRender } from './watch-and-render.ts';

const program = npmCommand('render')
  .description('Writes the manifests of every environment from clusters/, apps/ and operators/.')
  .option('--check', 'write nothing; exit code 1 if the manifests on the disk differ from the render')
  .option('--env <name>', 'one environment only: a folder of clusters/')
  .option('--json', 'print the result, or the diagnostics, as JSON')
  .option('--out <folder>', 'write there instead of manifests/')
  .option('--no-cache', 'render even if nothing has changed since the last run')
  .option('--watch', 'render again at every save, until Ctrl-C')
  .addHelpText(
    'after',
    '\nExit code: 0 if they are written or nothing differs; 1 on errors, or if --check finds differences.',
  )
  .parse();

const root = resolve(import.meta.dirname, '../..');
const { watch, ...command } = program.opts<RenderCommand & { watch?: boolean }>();
const print = (text: string) => void process.stdout.write(text);

await runCommand(async () => {
  const keeps = command.check !== true && command.out === undefined;
  if (watch !== true) return renderCommand(root, command, print, keeps ? keepRender : undefined);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  const err = (text: string) => void process.stderr.write(text);
  return watchAndRender({ root, command }, { out: print, err }, stop.signal);
});

/** Kept where the environment's cluster is one of this machine: the next run that asks the cluster anyway sends it. */
function keepRender(environments: readonly Environment[], seconds: number): void {
  for (const { cluster } of environments) {
    if (cluster.observability === 'off' || !hasKubeconfig(cluster.name)) continue;
    keepRun(cluster, 'render', [{ title: 'Manifests rendered', seconds }]);
  }
}
