import { resolve } from 'node:path';
import { Failure } from '../cli/failure.ts';
import { fetchKubeconfig } from './kubeconfig.ts';
import { type PlaybookRun, runPlaybook } from './playbook.ts';
import { printRecap } from './print-recap.ts';
import { report } from './report-progress.ts';
import { openSite, type Site } from './site.ts';
import { withSshAccess } from './ssh-access.ts';
import { ensureAnsible } from './tools.ts';

/** An operation on the machines of an environment, done by one playbook. */
export type NodeOperation = 'apply' | 'upgrade' | 'backup' | 'restore' | 'reset';

/** Options of an operation. */
export interface OperationOptions {
  check?: true;
  limit?: string;
  outputs?: string;
  key?: string;
  json?: true;
  yes?: true;
  from?: string;
}

/** Runs an operation on the machines of an environment, prints its result and returns the exit code. */
export async function runOperation(
  operation: NodeOperation,
  environment: string,
  options: OperationOptions,
): Promise<number> {
  const started = performance.now();
  const again = ['npm run nodes --', operation, environment, ...process.argv.slice(4)].join(' ');
  if (operation === 'reset') refuseUnconfirmed(environment, options, again);
  const signal = interruptSignal(again);
  const tools = await ensureAnsible(report, signal);
  const site = await openSite(environment, { outputs: options.outputs, report, signal });
  refuseOtherDistribution(operation, site);
  const recap = await withSshAccess(site.cluster, options.key, (access) =>
    runPlaybook({
      playbook: playbookOf(operation),
      cluster: site.cluster.name,
      inventory: site.inventoryPath,
      tools,
      check: options.check === true,
      limit: options.limit,
      ...access,
      variables: options.from === undefined ? {} : { snapshot: resolve(options.from) },
      output: options.json === true ? process.stderr : process.stdout,
      signal,
      again,
    }),
  );
  const makesControlPlane = operation === 'apply' || operation === 'restore';
  const kubeconfig = makesControlPlane ? await fetchKubeconfig(site) : undefined;
  const seconds = (performance.now() - started) / 1000;
  printRecap({ machines: recap, seconds, kubeconfig }, options.json === true);
  return 0;
}

function playbookOf(operation: NodeOperation): PlaybookRun['playbook'] {
  return operation === 'apply' ? 'cluster' : operation;
}

function refuseUnconfirmed(environment: string, options: OperationOptions, again: string): void {
  if (options.yes === true || options.check === true) return;
  throw new Failure(
    `reset removes Kubernetes from ${options.limit ?? `every node of ${environment}`}, and the data of etcd from its control planes.`,
    `To confirm: ${again} --yes`,
  );
}

function refuseOtherDistribution(operation: NodeOperation, { cluster, environment }: Site): void {
  if (cluster.kubernetes.distribution !== 'k3s' || operation === 'apply') return;
  throw new Failure(
    `${operation} works on clusters of kubeadm, and ${environment} runs k3s.`,
    'Use the commands of k3s, see https://docs.k3s.io: k3s etcd-snapshot, k3s-killall.sh.',
  );
}

/** Aborts at Ctrl-C or SIGTERM. */
function interruptSignal(again: string): AbortSignal {
  const controller = new AbortController();
  const interrupt = (): void => controller.abort(new Failure('interrupted.', `To go on from here: ${again}`));
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  return controller.signal;
}
