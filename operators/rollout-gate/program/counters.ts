import type { Judgement } from './judgement.ts';

/** What became of a look at a new pod. `failed`: Prometheus or the API server did not answer. */
export type Look = Judgement | 'failed';

const looks = new Map<Look, number>([
  ['quiet', 0],
  ['alike', 0],
  ['worse', 0],
  ['failed', 0],
]);
const stopped = new Map<string, number>();

export function countLook(outcome: Look): void {
  looks.set(outcome, (looks.get(outcome) ?? 0) + 1);
}

/** Number of pods of an app that are stopped now. */
export function setStopped(app: string, pods: number): void {
  stopped.set(app, pods);
}

/** The metrics in the text format of Prometheus. */
export function metricsText(): string {
  return [
    '# HELP rollout_gate_looks_total Looks at the errors of new pods, by what became of them.',
    '# TYPE rollout_gate_looks_total counter',
    ...[...looks].map(([outcome, value]) => `rollout_gate_looks_total{outcome="${outcome}"} ${value}`),
    '# HELP rollout_gate_stopped_pods New pods that get no requests, because they failed too many.',
    '# TYPE rollout_gate_stopped_pods gauge',
    ...[...stopped].map(([app, value]) => `rollout_gate_stopped_pods{app="${app}"} ${value}`),
    '',
  ].join('\n');
}
