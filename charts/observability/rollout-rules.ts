import { rolloutGate } from '../../model/rollout.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Alerts of the gate of roll-outs: it has stopped one, it cannot judge, or it is away. */
export function rolloutRules(): PrometheusRule[] {
  return [
    alert('RolloutStopped', 'ticket', {
      // Each replica of the gate sees the same pods.
      expr: 'max by (app) (rollout_gate_stopped_pods) > 0',
      summary:
        'The roll-out of {{ $labels.app }} is stopped: a new pod fails more requests than the old ones.',
    }),
    alert('RolloutUnjudged', 'ticket', {
      expr: 'sum(increase(rollout_gate_looks_total{outcome="failed"}[15m])) > 3',
      summary:
        'The gate of roll-outs cannot compare errors: new versions are rolled out by their readiness alone.',
    }),
    alert('RolloutGateDown', 'page', {
      expr: `absent(up{job="${rolloutGate}"} == 1)`,
      hold: '5m',
      summary:
        'No pod of the gate of roll-outs answers: new pods of apps with rollout.errors get no requests.',
    }),
  ];
}
