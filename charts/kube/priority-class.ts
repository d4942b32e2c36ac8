import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** Whose pods go first where the nodes are full. Its value cannot change: that is part of its name. */
export function priorityClass(chart: Chart, workload: string, value: number): string {
  const name = `app-${workload}-${value < 0 ? 'minus-' : ''}${Math.abs(value)}`;
  new k8s.KubePriorityClass(chart, `priority-class-${name}`, {
    metadata: { name },
    value,
    globalDefault: false,
    preemptionPolicy: 'PreemptLowerPriority',
    description: `Of the app ${workload}.`,
  });
  return name;
}
