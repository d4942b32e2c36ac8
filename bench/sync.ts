import { availableParallelism, loadavg } from 'node:os';
import { listField, textField } from '../charts/kube/field.ts';
import { npmCommand, runCommand } from '../scripts/cli/command.ts';
import { Failure } from '../scripts/cli/failure.ts';
import { table } from '../scripts/cli/table.ts';
import { type ClusterClient, clusterClient } from '../scripts/cluster/client.ts';
import { isTrue, type WatchedObject, watchUntil } from '../scripts/cluster/watch-until.ts';
import { kustomizationApi as api, requestReconciliation } from '../scripts/flux/request-reconciliation.ts';
import { readCluster } from '../scripts/repository/read-cluster.ts';
import { median } from './measure.ts';

interface Options {
  env: string;
  app: string;
  rounds: number;
  json?: boolean;
}

/** What Flux compared with the cluster, and the seconds of each round. */
interface Side {
  side: string;
  kustomizations: string[];
  objects: number;
  seconds: number[];
}

const program = npmCommand('bench:sync')
  .description(
    'Measures how long Flux takes to compare everything in a running cluster with Git, and how long for one app, in turn. Nothing has changed meanwhile.',
  )
  .option('--env <name>', 'environment, a folder of clusters/', 'dev')
  .option('--app <name>', 'a Kustomization', 'home')
  .option('--rounds <number>', 'rounds of each side', Number, 5)
  .option('--json', 'print the figures as JSON')
  .action((options: Options) =>
    runCommand(async () => {
      const sides = await measure(options);
      const machine = { cores: availableParallelism(), load: loadavg()[0] ?? 0 };
      process.stdout.write(
        options.json === true ? `${JSON.stringify({ machine, sides })}\n` : report(sides, machine),
      );
      return 0;
    }),
  );

await program.parseAsync();

async function measure({ env, app, rounds }: Options): Promise<Side[]> {
  const client = clusterClient(readCluster(env).name);
  const all = new Map<string, number>();
  await watched(client, 'a list of Kustomizations', (objects) => {
    for (const { metadata, status } of objects)
      all.set(metadata.name, listField(status, 'inventory', 'entries').length);
    return all.size > 0;
  });
  if (!all.has(app)) throw new Failure(`${env} has no Kustomization '${app}'.`, 'Name one by --app.');
  const side = (name: string, kustomizations: string[]): Side => ({
    ...{ side: name, kustomizations, seconds: [] },
    objects: kustomizations.reduce((sum, each) => sum + (all.get(each) ?? 0), 0),
  });
  const sides = [side('everything', [...all.keys()]), side(app, [app])];
  for (let round = 0; round < rounds; round++)
    for (const { kustomizations, seconds } of round % 2 === 0 ? sides : sides.toReversed())
      seconds.push(await reconciled(client, kustomizations));
  return sides;
}

/** Seconds until Flux has reconciled these Kustomizations, which are asked for at the same time. */
async function reconciled(client: ClusterClient, names: readonly string[]): Promise<number> {
  const at = new Date().toISOString();
  const started = performance.now();
  await Promise.all(names.map((name) => requestReconciliation(client, name, at)));
  await watched(client, `Flux to reconcile ${names.length} Kustomizations`, (objects) => {
    const done = new Set(
      objects.flatMap((object) =>
        textField(object.status, 'lastHandledReconcileAt') === at && isTrue(object, 'Ready')
          ? [object.metadata.name]
          : [],
      ),
    );
    return names.every((name) => done.has(name));
  });
  return (performance.now() - started) / 1_000;
}

async function watched(
  { kubeconfig }: ClusterClient,
  what: string,
  isDone: (objects: WatchedObject[]) => boolean,
): Promise<void> {
  const path = `/apis/${api.group}/${api.version}/namespaces/${api.namespace}/${api.plural}`;
  const missing = (objects: WatchedObject[]) => (isDone(objects) ? undefined : 'some');
  await watchUntil({ kubeconfig, path, what, timeoutSeconds: 300, missing });
}

function report(sides: readonly Side[], { cores, load }: { cores: number; load: number }): string {
  const rows = sides.map(({ side, kustomizations, objects, seconds }) => [
    ...[side, String(kustomizations.length), String(objects), `${median(seconds).toFixed(1)} s`],
    seconds.map((each) => each.toFixed(1)).join(' '),
  ]);
  const [all, one] = sides.map(({ objects, seconds }) => ({ objects, seconds: median(seconds) }));
  if (all === undefined || one === undefined) throw new Error('nothing was measured');
  return `${table(['', 'KUSTOMIZATIONS', 'OBJECTS', 'MEDIAN', 'EACH'], rows).join('\n')}
everything to one app: ${(all.seconds / one.seconds).toFixed(1)} x
1,000 objects at the rate of everything: ${((all.seconds / all.objects) * 1_000).toFixed(0)} s
${cores} cores, load ${load.toFixed(1)}.
`;
}
