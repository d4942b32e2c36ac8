import { npmCommand, runCommand } from './cli/command.ts';
import { runTests } from './test/run-tests.ts';
import type { TestOptions } from './test/steps.ts';

const program = npmCommand('test')
  .description(
    'Runs everything that CI runs: linter, types, render, contracts, unit tests, the services on a real Postgres, the stacks on the real engine of Pulumi, publish, promote and roll-back, machines that become a cluster, and the end-to-end test on a real cluster.',
  )
  .option('--unit', 'leave out the stacks, the machines and the end-to-end test')
  .option('--identity', 'run only: refusals, renewals and faults of identity on a real cluster')
  .option(
    '--identity-production',
    'run only: the same with three instances of each database and authorities below one root',
  )
  .option('--nodes', 'run only: a cluster that Ansible makes of hosts created here, from install to restore')
  .option('--control-planes', 'run only: the same with three control planes, one of which is lost')
  .option(
    '--upgrade',
    'run only: the same with an upgrade under load; builds the previous version of Kubernetes, 10 minutes',
  )
  .option(
    '--production',
    'run only: machines, a Git server by SSH and a registry with TLS: publish, previews, promote, roll-back, on a real cluster',
  )
  .option(
    '--pull',
    'run only: a cluster with pulled images, as an ordinary user, from faulty registries on loopback',
  )
  .option(
    '--observability',
    'run only: from an order to its trace, log lines and metrics on a real cluster, and kills of each store',
  )
  .option(
    '--load',
    'run only: what observes under ten minutes of load, killed, and given more than it can hold, as processes of this machine',
  )
  .option(
    '--workloads',
    'run only: each kind of work that app.ts describes, with volumes, secrets, schedules, jobs and load, on a real cluster',
  )
  .option(
    '--acme',
    'run only: a certificate of an ACME server for the gateway of a real cluster, from the challenge to the renewal',
  )
  .option(
    '--people',
    'run only: people make accounts, sign in to an app and are signed out, in a browser, on a real cluster',
  )
  .option('--charts', 'run only: an operator that is a Helm chart, installed and changed on a real cluster')
  .option(
    '--data',
    'run only: workers are added, nodes restarted, an app is removed: databases stay until a line retires them, on a real cluster',
  )
  .option(
    '--registry',
    'run only: the registry with TLS on a real cluster: logins, pulls by nodes, a rotation of its CA under load, clean-up',
  )
  .option(
    '--bundle',
    'run only: an environment in one file, and a user without a network who brings it up on a real cluster',
  )
  .option('--tutorial', 'run only: the tutorials as a reader follows them, on a real cluster')
  .action((options: TestOptions) => runCommand(() => runTests(options)));

await program.parseAsync();
