import type { Chart } from 'cdk8s';
import type { Environment } from '../../model/graph.ts';
import { podLabels } from '../kube/names.ts';
import { allowTo, type Flow, pods } from '../kube/network-policy.ts';

/** Whether an operator runs in an environment. */
export function runs(env: Environment, operator: string): boolean {
  return env.operators.some(({ name }) => name === operator);
}

/** Flow from Prometheus to these ports of a pod; none if Prometheus does not run. */
export function fromPrometheus(env: Environment, ports: readonly number[]): Flow[] {
  if (!runs(env, 'prometheus') || ports.length === 0) return [];
  return [{ peers: [pods('prometheus', 'prometheus')], ports: ports.map((port) => ({ port })) }];
}

/** Lets Prometheus read the metrics of an operator's workloads, with policies in addition to those of the workloads. */
export function allowScrapes(chart: Chart, env: Environment, operator: string): void {
  const found = env.operators.find(({ name }) => name === operator);
  if (found === undefined) return;
  for (const { workload, port } of found.metrics) {
    const ingress = fromPrometheus(env, [port]);
    allowTo(chart, `${workload}-metrics`, found.namespace, podLabels(workload), { ingress });
  }
}
