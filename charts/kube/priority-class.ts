import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';

/** The priority of a workload's pods on full nodes. Its value is immutable, so it is part of the name. */
export function priorityClass(chart: Chart, workload: string, value: number): string {
  const name = `app-${workload}-${value < 0 ? 'minus-' : ''}${Math.abs(value)}`;
  new k8s.KubePriorityClass(chart, `priority-class-${name}`, {
    metadata: { name },
    value,
    globalDefault: false,
    preemptionPolicy: 'PreemptLowerPriority',
    description: `Priority of the app ${workload}.`,
  });
  return name;
}
