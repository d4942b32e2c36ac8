import { resolve } from 'node:path';
import { styleText } from 'node:util';
import type { Command } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { Failure } from './cli/failure.ts';
import { fetchKubeconfig } from './nodes/kubeconfig.ts';
import { type HostRecap, type PlaybookRun, runPlaybook } from './nodes/playbook.ts';
import { openSite } from './nodes/site.ts';
import { ensureAnsible } from './nodes/tools.ts';
import { withWay } from './nodes/way.ts';

interface Options {
  check?: true;
  limit?: string;
  outputs?: string;
  key?: string;
  json?: true;
  yes?: true;
  from?: string;
}

const program = npmCommand('nodes')
  .description(
    'Machines that become the cluster of clusters/ENV/cluster.yaml, by Ansible. Each command can be run again at any time.',
  )
  .addHelpText(
    'after',
    `
Places:  what is known of a cluster (known hosts, kubeconfig, snapshots) in $PLINTH_STATE or ~/.local/state/plinth
Exit:    0 when all machines are as they should be, 1 otherwise, 130 after Ctrl-C`,
  );

program
  .command('inventory <env>')
  .description(
    "what Ansible is told of the environment's machines, as JSON; ansible-playbook --inventory takes it",
  )
  .option('--outputs <file>', 'what `pulumi stack output --json` printed, where a stack made the machines')
  .action((environment: string, options: Options) =>
    runCommand(async () => {
      const { inventory } = await openSite(environment, { ...options, report });
      process.stdout.write(`${JSON.stringify(inventory, null, 2)}\n`);
      return 0;
    }),
  );

playbook('apply', 'cluster', 'from machines to a cluster; what is as it should be is left alone');
playbook(
  'upgrade',
  'upgrade',
  'to the version of cluster.yaml, one node at a time; stops at the first that is not well',
);
playbook(
  'backup',
  'backup',
  'a snapshot of etcd with the keys of the authorities, brought to this machine; keep it secret',
);
playbook('restore', 'restore', 'a control plane on a fresh machine, made from a snapshot').requiredOption(
  '--from <file>',
  'what backup brought',
);
playbook(
  'reset',
  'reset',
  'takes Kubernetes off the machines: all of them, or those of --limit after they were drained',
).option('--yes', 'without this nothing is done');

await program.parseAsync();

/** A command that is a playbook. */
function playbook(name: string, file: PlaybookRun['playbook'], description: string): Command {
  return program
    .command(`${name} <env>`)
    .description(description)
    .option('--check', 'show what would change, and change nothing')
    .option('--limit <nodes>', 'these nodes alone, separated by commas')
    .option('--outputs <file>', 'what `pulumi stack output --json` printed, where a stack made the machines')
    .option(
      '--key <file>',
      'private SSH key; default: what ssh itself would use, and on AWS the session manager',
    )
    .option('--json', 'write what was done to each machine as JSON; the plays go to standard error')
    .action((environment: string, options: Options) =>
      runCommand(() => run(name, file, environment, options)),
    );
}

async function run(
  name: string,
  file: PlaybookRun['playbook'],
  environment: string,
  options: Options,
): Promise<number> {
  const started = performance.now();
  const again = ['npm run nodes --', name, environment, ...process.argv.slice(4)].join(' ');
  if (name === 'reset' && options.yes !== true && options.check !== true) {
    throw new Failure(
      `reset takes ${options.limit ?? `every node of ${environment}`} out of service, and etcd's data with its control planes.`,
      `If that is meant: ${again} --yes`,
    );
  }
  const controller = new AbortController();
  const interrupt = (): void =>
    controller.abort(new Failure('interrupted.', `It goes on from here with: ${again}`));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  const { signal } = controller;
  const tools = await ensureAnsible(report, signal);
  const site = await openSite(environment, { ...options, report, signal });
  if (site.cluster.kubernetes.distribution === 'k3s' && file !== 'cluster') {
    throw new Failure(
      `${name} is for kubeadm's clusters, and ${environment} is one of k3s.`,
      'k3s has commands of its own for that, see https://docs.k3s.io: k3s etcd-snapshot, k3s-killall.sh.',
    );
  }
  const recap = await withWay(site.cluster, options.key, (way) =>
    runPlaybook({
      playbook: file,
      cluster: site.cluster.name,
      inventory: site.inventoryPath,
      tools,
      check: options.check === true,
      limit: options.limit,
      ...way,
      variables: options.from === undefined ? {} : { snapshot: resolve(options.from) },
      output: options.json === true ? process.stderr : process.stdout,
      signal,
      again,
    }),
  );
  const kubeconfig = file === 'cluster' || file === 'restore' ? await fetchKubeconfig(site) : undefined;
  const seconds = (performance.now() - started) / 1000;
  print(recap, seconds, kubeconfig, options.json === true);
  return 0;
}

function print(
  machines: Record<string, HostRecap>,
  seconds: number,
  kubeconfig: string | undefined,
  json: boolean,
): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ machines, seconds, kubeconfig }, null, 2)}\n`);
    return;
  }
  const changed = Object.values(machines).reduce((sum, recap) => sum + recap.changed, 0);
  const count = Object.keys(machines).length;
  const what = changed === 0 ? 'nothing to change' : `${changed} changes`;
  process.stdout.write(
    `\n  ${count} ${count === 1 ? 'machine' : 'machines'}, ${what}, ${seconds.toFixed(0)} s\n` +
      (kubeconfig === undefined ? '' : `\n  export KUBECONFIG=${kubeconfig}\n`),
  );
}

function report(line: string): void {
  process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
}
