import { field, listField } from '../kube/field.ts';
import { selects } from '../kube/label-selector.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** A workload with several pods must keep one of them when a node is drained or lost. */
export function checkAvailability(inventory: Inventory): Violation[] {
  return inventory.workloads
    .filter(({ replicas, ends }) => replicas > 1 && !ends)
    .flatMap((workload) => [...checkBudget(inventory, workload), ...checkSpread(workload)]);
}

function checkBudget(inventory: Inventory, workload: Workload): Violation[] {
  const budgets = inventory.in(workload.namespace, 'PodDisruptionBudget.policy');
  if (budgets.some(({ object }) => selects(field(object, 'spec', 'selector'), workload.labels))) return [];
  const fault = {
    what: `runs ${workload.replicas} pods without a disruption budget`,
    why: 'draining nodes can remove all of them at once',
    fix: 'add disruptionBudget() of charts/kube/disruption-budget.ts to its chart',
    field: ['replicas'],
  };
  return [violation('disruption-budget', workload, fault)];
}

function checkSpread(workload: Workload): Violation[] {
  const { pod } = workload;
  const spread = listField(pod, 'topologySpreadConstraints').some((constraint) =>
    selects(field(constraint, 'labelSelector'), workload.labels),
  );
  if (spread || field(pod, 'affinity', 'podAntiAffinity') !== undefined) return [];
  const fault = {
    what: `runs ${workload.replicas} pods that can all be on one node`,
    why: 'the loss of that node would stop all of them',
    fix: 'add topologySpreadConstraints, as charts/kube/deployment.ts does',
    field: ['replicas'],
  };
  return [violation('spread', workload, fault)];
}
