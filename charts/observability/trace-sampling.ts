import type { Environment } from '../../model/graph.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { inUnits } from '../../model/schema/quantity.ts';
import { signalLimits } from './signal-limits.ts';

/** A trace that takes longer is slow. */
const slowSeconds = 1;

/** Part of the volume that traces may take. Badger, Jaeger's store, frees a file once half of it has expired. */
const usable = 0.4;
/** Part of that for traces that failed or were slow; the apps share the rest. */
const failedShare = 0.5;
/** Part of the volume that may be used at once, above the steady rate. */
const burstShare = 0.1;
/** Bytes that the store writes for each byte of OTLP: the span and the keys by which it is found. */
const storedPerByte = 2;

/**
 * Decides which traces are stored (tail_sampling processor): all, as long as the volume has room for them during the whole retention.
 * The failed and the slow ones have a part of it for themselves, and each app has its own part, so that none uses up another's.
 * A trace of several apps is stored if one of them has room. Spans that come after the decision are a trace of their own here, once
 * another trace has been stored, as one is every minute at least (`apps/home/src/probe`): a trace that goes on for hours would otherwise be stored
 * without a bound.
 */
export function tailSampling(env: Pick<Environment, 'cluster' | 'apps'>): object {
  const services = [...env.apps.map(({ name }) => name)].sort();
  const share = (1 - failedShare) / Math.max(1, services.length + 1);
  return {
    // From the first span of a trace.
    decision_wait: '10s',
    decision_wait_after_root_received: '2s',
    num_traces: 20_000,
    // What was dropped stays dropped. Of stored traces the last alone is remembered; with 0 all would be.
    decision_cache: { sampled_cache_size: 1, non_sampled_cache_size: 100_000 },
    maximum_trace_size_bytes: inUnits(signalLimits.trace),
    sample_on_first_match: true,
    policies: [
      both('failed', { type: 'status_code', status_code: { status_codes: ['ERROR'] } }, env, failedShare / 2),
      both('slow', { type: 'latency', latency: { threshold_ms: slowSeconds * 1_000 } }, env, failedShare / 2),
      ...services.map((service) => both(`app-${service}`, ofServices([service]), env, share)),
      both('others', ofServices(services, { invert_match: true }), env, share),
    ],
  };
}

/** The condition that a span is of one of these services; with `invert_match`, that none is. */
function ofServices(values: readonly string[], inverted: { invert_match?: true } = {}): object {
  return {
    type: 'string_attribute',
    string_attribute: { key: 'service.name', values, ...inverted },
  };
}

/** A policy of a condition and a rate. The rate is counted for traces that meet the condition alone. */
function both(name: string, condition: object, env: Pick<Environment, 'cluster'>, share: number): object {
  return {
    name,
    type: 'and',
    and: {
      and_sub_policy: [
        { name: `${name}-condition`, ...condition },
        { name: `${name}-rate`, type: 'bytes_limiting', bytes_limiting: bytesFor(env, share) },
      ],
    },
  };
}

/** Bytes of OTLP for a share of the volume: a steady rate, and what may come at once; at least one trace of the largest size. */
function bytesFor({ cluster }: Pick<Environment, 'cluster'>, share: number): object {
  const bytes = (inUnits(cluster.storage.traces) / storedPerByte) * share;
  return {
    bytes_per_second: Math.max(1, Math.floor((usable * bytes) / inSeconds(cluster.retention.traces))),
    burst_capacity: Math.max(inUnits(signalLimits.trace), Math.floor(burstShare * bytes)),
  };
}
