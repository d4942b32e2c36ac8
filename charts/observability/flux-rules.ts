import type { Environment } from '../../model/graph.ts';
import { stateCommand } from './evidence.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';
import { isProbed } from './telemetry-rules.ts';

const reconciled = 'controller_runtime_reconcile_total';

/** Controllers that reconcile in every environment, at the latest every ten minutes. */
const busy = 'kustomize-controller|source-controller';

/** Alerts on Flux: a part fails, a controller fails altogether, it does nothing, or a commit does not reach it. */
export function fluxRules(env: Environment): PrometheusRule[] {
  const controllers = env.operators.find(({ name }) => name === 'flux')?.metrics ?? [];
  if (controllers.length === 0) return [];
  const names = controllers.map(({ workload }) => workload).join('|');
  const state = stateCommand(env);
  const results = (result: string) =>
    `sum by (job, controller) (increase(${reconciled}{job=~"${names}",result${result}}[30m]))`;
  return [
    alert('FluxFails', 'ticket', {
      expr: `${results('="error"')} > 3 unless ${results('=~"success|requeue_after"')} > 0`,
      hold: '15m',
      summary: 'All reconciliations of Flux ({{ $labels.controller }}) failed for half an hour.',
      evidence: state,
    }),
    alert('FluxStale', 'ticket', {
      expr: `sum by (job) (increase(${reconciled}{job=~"${busy}"}[30m])) == 0`,
      hold: '15m',
      summary:
        '{{ $labels.job }} of Flux has reconciled nothing for half an hour: no change in Git is applied.',
      evidence: state,
    }),
    alert('ArtifactsBehind', 'ticket', {
      expr: 'max(folder_artifacts_behind) > 0',
      hold: '15m',
      summary:
        '{{ $value }} Kustomizations do not have the artifact of the newest commit for 15 minutes: its changes are not applied.',
      evidence: state,
    }),
    // The front page reads the conditions of Kustomizations; Flux has no metric of them.
    ...(isProbed(env)
      ? [
          alert('KustomizationFails', 'ticket', {
            expr: 'min by (name) (flux_kustomization_ready) == 0',
            hold: '15m',
            summary:
              'The Kustomization {{ $labels.name }} of Flux fails: its changes in Git are not applied.',
            evidence: state,
          }),
        ]
      : []),
  ];
}
