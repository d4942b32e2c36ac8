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
  /** Sorted by name; empty while the probe has no result yet. */
  signals: SignalState[];
  /** Empty if Prometheus answered, or is not in the cluster yet. */
  trouble: string;
}

/** The query for the results of the probe. */
export const probeQuery = 'min by (signal) (signal_probe_success)';

/**
 * The results that Prometheus has; none in a cluster without a Prometheus that is Ready. `ask` runs a query there; undefined without
 * observability.
 */
export async function signalStates(
  ask: ((query: string) => Promise<Sample[]>) | undefined,
  kustomizations: readonly KustomizationState[],
): Promise<SignalStates> {
  const isThere = kustomizations.some(({ name, ready }) => name === 'prometheus' && ready);
  if (ask === undefined || !isThere) return { signals: [], trouble: '' };
  try {
    const samples = await ask(probeQuery);
    const signals = samples.map(({ labels, value }) => ({
      signal: labels.signal ?? '',
      reached: value === 1,
    }));
    return { signals: signals.sort((a, b) => (a.signal < b.signal ? -1 : 1)), trouble: '' };
  } catch (error) {
    return { signals: [], trouble: error instanceof Error ? error.message : String(error) };
  }
}
