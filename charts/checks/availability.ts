import { field, listField } from '../kube/field.ts';
import { selects } from '../kube/label-selector.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Who runs several of one workload wants one of them to stay: when a node is drained, and when a node is lost. */
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
    why: 'draining nodes may take all of them at once',
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
    what: `runs ${workload.replicas} pods that may all stand on one node`,
    why: 'that node would take all of them with it',
    fix: 'add topologySpreadConstraints (charts/kube/deployment.ts does)',
    field: ['replicas'],
  };
  return [violation('spread', workload, fault)];
}
