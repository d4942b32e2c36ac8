import type { Command } from 'commander';
import { npmCommand, runCommand } from './cli/command.ts';
import { type NodeOperation, type OperationOptions, runOperation } from './nodes/operation.ts';
import { printInventory } from './nodes/print-inventory.ts';

const outputs = [
  '--outputs <file>',
  'output of `pulumi stack output --json`, where a stack created the machines',
] as const;

const program = npmCommand('nodes')
  .description(
    'Turns machines into the cluster of clusters/ENV/cluster.yaml, with Ansible. Each command can be run again at any time.',
  )
  .addHelpText(
    'after',
    `
Files:      known hosts, kubeconfig and snapshots of a cluster are in $PLINTH_STATE or ~/.local/state/plinth
Exit code:  0 when all machines are as described, 1 otherwise, 130 after Ctrl-C`,
  );

program
  .command('inventory <env>')
  .description("print the inventory of the environment's machines as JSON, for ansible-playbook --inventory")
  .option(...outputs)
  .action((environment: string, options: { outputs?: string }) =>
    runCommand(() => printInventory(environment, options)),
  );

operation('apply', 'turn the machines into a cluster; changes only what differs from its description');
operation(
  'upgrade',
  'upgrade to the version of cluster.yaml, one node at a time; stops at the first node that is not Ready',
);
operation(
  'backup',
  'fetch a snapshot of etcd with the keys of the certificate authorities to this machine; keep it secret',
);
operation('restore', 'restore a control plane from a snapshot, on a fresh machine').requiredOption(
  '--from <file>',
  'the snapshot that backup fetched',
);
operation(
  'reset',
  'remove Kubernetes from all machines, or from those of --limit, which have to be drained before',
).option('--yes', 'confirm; without it nothing is done');

await program.parseAsync();

function operation(name: NodeOperation, description: string): Command {
  return program
    .command(`${name} <env>`)
    .description(description)
    .option('--check', 'show what would change, and change nothing')
    .option('--limit <nodes>', 'only these nodes, separated by commas')
    .option(...outputs)
    .option('--key <file>', 'private SSH key; default: the keys of ssh itself, on AWS the session manager')
    .option('--json', 'print the changes of each machine as JSON; the plays go to standard error')
    .action((environment: string, options: OperationOptions) =>
      runCommand(() => runOperation(name, environment, options)),
    );
}
