import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { podLabels } from './names.ts';

/** Draining nodes removes one pod of the workload at a time. */
export function disruptionBudget(chart: Chart, name: string, namespace: string): void {
  new k8s.KubePodDisruptionBudget(chart, `disruption-budget-${name}`, {
    metadata: { name, namespace },
    spec: { maxUnavailable: k8s.IntOrString.fromNumber(1), selector: { matchLabels: podLabels(name) } },
  });
}
