import type { GateConfig } from './config.ts';
import type { PodRequests } from './judgement.ts';

/** Patience for an answer, in milliseconds. */
const patience = 10_000;

/** The answer to an instant query (Prometheus, 'HTTP API', 'Instant vectors'). */
interface Answer {
  data: { result: { metric: Record<string, string>; value: [time: number, value: string] }[] };
}

/** Counts of each pod, by its name. */
export type CountsByPod = ReadonlyMap<string, PodRequests>;

/**
 * Server spans of pods between two times in milliseconds. A counter that is not there at the first one began after it: the first value of a
 * series counts, which `increase` of PromQL leaves out.
 * @throws Error if Prometheus refuses or is away.
 */
export async function requestsOf(
  config: Pick<GateConfig, 'prometheus' | 'series'>,
  pods: readonly string[],
  { from, to }: { from: number; to: number },
): Promise<CountsByPod> {
  const names = pods.join('|');
  const query = `sum by (k8s_pod_name, status_code) (${config.series}{span_kind="SPAN_KIND_SERVER",k8s_pod_name=~"${names}"})`;
  const [before, now] = await Promise.all([valuesAt(config, query, from), valuesAt(config, query, to)]);
  const counts = new Map<string, PodRequests>();
  for (const [key, { pod, isFailed, value }] of now) {
    const earlier = before.get(key)?.value ?? 0;
    // A collector that began anew counts from zero.
    const number = value < earlier ? value : value - earlier;
    const { all, failed } = counts.get(pod) ?? { all: 0, failed: 0 };
    counts.set(pod, { all: all + number, failed: failed + (isFailed ? number : 0) });
  }
  return counts;
}

/** The sum of these pods. */
export function sumOf(counts: CountsByPod, pods: readonly string[]): PodRequests {
  const each = pods.map((pod) => counts.get(pod) ?? { all: 0, failed: 0 });
  return {
    all: each.reduce((sum, { all }) => sum + all, 0),
    failed: each.reduce((sum, { failed }) => sum + failed, 0),
  };
}

interface Value {
  pod: string;
  isFailed: boolean;
  value: number;
}

async function valuesAt(
  { prometheus }: Pick<GateConfig, 'prometheus'>,
  query: string,
  time: number,
): Promise<Map<string, Value>> {
  const response = await fetch(`${prometheus}/api/v1/query`, {
    method: 'POST',
    body: new URLSearchParams({ query, time: String(time / 1_000) }),
    redirect: 'error',
    signal: AbortSignal.timeout(patience),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Prometheus answered ${response.status}: ${text.slice(0, 300)}`);
  const answer: Answer = JSON.parse(text);
  return new Map(
    answer.data.result.map(({ metric, value: [, value] }) => {
      const { k8s_pod_name: pod = '', status_code: status = '' } = metric;
      return [`${pod} ${status}`, { pod, isFailed: status === 'STATUS_CODE_ERROR', value: Number(value) }];
    }),
  );
}
