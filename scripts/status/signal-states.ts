import type { V1Pod } from '@kubernetes/client-node';
import type { ClusterClient } from '../cluster/client.ts';
import { ask as askApi } from '../cluster/request.ts';
import type { Sample } from '../telemetry/metrics.ts';
import type { KustomizationState } from './kustomization-states.ts';

/** A signal of the synthetic requests that the front page makes every minute. */
export interface SignalState {
  /** `metric`, `trace`, `log` or `error`. */
  signal: string;
  /** Whether every pod that probes found one of its requests of the last five minutes. */
  reached: boolean;
}

/** The signals, or why nobody knows. */
export interface SignalStates {
  /** Sorted by name; empty while the probe has no result. */
  signals: SignalState[];
  /** Empty if Prometheus has results, is not in the cluster yet, or cannot have results yet. */
  trouble: string;
}

/** The query for the results of the probe. */
export const probeQuery = 'min by (signal) (signal_probe_success)';

/** Within ten minutes the first result is there: a request a minute, looked for two minutes later, and read every half minute. */
const firstResultMs = 600_000;

/**
 * The results that Prometheus has; none in a cluster without a Prometheus that is Ready, or shortly after it or the front page started.
 * `ask` runs a query there; undefined without observability.
 */
export async function signalStates(
  ask: ((query: string) => Promise<Sample[]>) | undefined,
  kustomizations: readonly KustomizationState[],
  client: ClusterClient,
): Promise<SignalStates> {
  const isThere = kustomizations.some(({ name, ready }) => name === 'prometheus' && ready);
  if (ask === undefined || !isThere) return { signals: [], trouble: '' };
  try {
    const samples = await ask(probeQuery);
    const signals = samples.map(({ labels, value }) => ({
      signal: labels.signal ?? '',
      reached: value === 1,
    }));
    if (signals.length === 0) return { signals, trouble: await whyNone(kustomizations, client) };
    return { signals: signals.sort((a, b) => (a.signal < b.signal ? -1 : 1)), trouble: '' };
  } catch (error) {
    return { signals: [], trouble: error instanceof Error ? error.message : String(error) };
  }
}

/** Why there is no result; empty if nothing makes the requests, or if the first result cannot be there yet. */
async function whyNone(
  kustomizations: readonly KustomizationState[],
  client: ClusterClient,
): Promise<string> {
  // Imported dynamically: the rules load the charts.
  const { probeApp } = await import('../../charts/observability/telemetry-rules.ts');
  const makesRequests = kustomizations.some(({ name }) => name === probeApp);
  if (!makesRequests || (await isStarting(client, probeApp))) return '';
  return `${probeApp} has no result of its synthetic requests: npm run logs -- ${probeApp}, npm run alerts`;
}

/** Whether the app that makes the requests or Prometheus runs for less time than a first result takes. */
async function isStarting(client: ClusterClient, probeApp: string): Promise<boolean> {
  const lists = await Promise.all(
    [probeApp, 'prometheus'].map((namespace) =>
      askApi(client, `pods of ${namespace}`, client.core.listNamespacedPod({ namespace })),
    ),
  );
  const earliest = Date.now() - firstResultMs;
  return lists.some(({ items }) => startedAt(items) > earliest);
}

/** Since when one of these pods runs: a rolled-out version has no result of its own at first. 0: none runs. */
function startedAt(pods: readonly V1Pod[]): number {
  const starts = pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .flatMap(({ state }) => state?.running?.startedAt?.getTime() ?? []);
  return starts.length === 0 ? 0 : Math.min(...starts);
}
