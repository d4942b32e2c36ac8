import type { HostRecap } from './playbook.ts';

/** The result of an operation. */
export interface OperationResult {
  /** Changes by machine. */
  machines: Record<string, HostRecap>;
  seconds: number;
  /** Path of the kubeconfig, if the operation wrote one. */
  kubeconfig: string | undefined;
}

export function printRecap(result: OperationResult, json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  const { machines, seconds, kubeconfig } = result;
  const changed = Object.values(machines).reduce((sum, recap) => sum + recap.changed, 0);
  const count = Object.keys(machines).length;
  const changes = changed === 0 ? 'nothing to change' : `${changed} changes`;
  process.stdout.write(
    `\n  ${count} ${count === 1 ? 'machine' : 'machines'}, ${changes}, ${seconds.toFixed(0)} s\n` +
      (kubeconfig === undefined ? '' : `\n  export KUBECONFIG=${kubeconfig}\n`),
  );
}
