import type { Chart } from 'cdk8s';
import type { Words } from '../../model/diagnostics/diagnostic.ts';
import { suggest } from '../../model/diagnostics/nearest.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import type { ChartPeer, Flows, HelmChart } from '../../model/schema/helm-chart.ts';
import { field } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { podLabels } from '../kube/names.ts';
import { allowTo, denyAll, everyPodOf, type Flow, toDns, toKubernetesApi } from '../kube/network-policy.ts';
import { podTemplate } from '../kube/pod-template.ts';

/**
 * The pods of a chart have only the flows that the operator declares, whatever policies the chart contains.
 */
export function chartNetwork(
  chart: Chart,
  namespace: string,
  { network }: HelmChart,
  templated: readonly KubeObject[],
): void {
  denyAll(chart, namespace, ['Ingress', 'Egress']);
  for (const [workload, flows] of Object.entries(network)) {
    const labels = labelsOf(workload, templated);
    if (labels === undefined) continue;
    const peersOf = (peer: ChartPeer) => ofPeer(peer, namespace, templated);
    allowTo(chart, `${workload}-declared`, namespace, labels, {
      ingress: flows.answers.map(({ to, port }) => ({ ...peersOf(to), ports: [{ port }] })),
      egress: [
        ...flows.calls.map(
          ({ to, port }): Flow =>
            port === undefined ? toKubernetesApi : { ...peersOf(to), ports: [{ port }] },
        ),
        ...(resolves(flows) ? [toDns] : []),
      ],
    });
  }
}

/** Whether a workload needs DNS; the API server is found by its address. */
function resolves({ calls }: Flows): boolean {
  return calls.some(({ to }) => to !== 'kubernetes-api');
}

function ofPeer(peer: ChartPeer, home: string, templated: readonly KubeObject[]): Pick<Flow, 'peers'> {
  // No selector matches the API server, so any peer may use that port.
  if (peer === 'kubernetes-api' || peer === 'anybody') return {};
  const { namespace, workload } = peer;
  if (workload === undefined) return { peers: [everyPodOf(namespace)] };
  const own = namespace === home ? labelsOf(workload, templated) : undefined;
  const podSelector = { matchLabels: own ?? podLabels(workload) };
  return { peers: [{ ...everyPodOf(namespace), podSelector }] };
}

/** Labels with which a workload selects its pods, or that a Job sets on them. */
function labelsOf(name: string, templated: readonly KubeObject[]): Record<string, string> | undefined {
  const workload = templated.find(
    (object) => object.metadata.name === name && podTemplate(object) !== undefined,
  );
  if (workload === undefined) return undefined;
  const labels =
    field(workload, 'spec', 'selector', 'matchLabels') ?? field(podTemplate(workload), 'metadata', 'labels');
  return Object.fromEntries(Object.entries(Object(labels)).map(([key, value]) => [key, String(value)]));
}

/** Faults of `network`: workloads that the chart does not have. */
export function networkFaults(
  { network }: HelmChart,
  templated: readonly KubeObject[],
): { path: FieldPath; words: Words }[] {
  const workloads = templated
    .filter((object) => podTemplate(object) !== undefined)
    .map(({ metadata }) => metadata.name)
    .sort();
  return Object.keys(network)
    .filter((name) => !workloads.includes(name))
    .map((name) => ({
      path: ['chart', 'network', name],
      words: {
        code: 'no-such-workload',
        what: `the chart has no workload '${name}'`,
        why: 'a policy that selects no pods would deny their traffic unnoticed',
        fix: suggest(
          name,
          workloads,
          `write one of ${workloads.join(', ') || 'none: the chart creates no pods'}`,
        ),
      },
    }));
}
