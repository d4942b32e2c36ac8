import type { Environment } from '../../model/graph.ts';
import { linesCommand, stateCommand } from './evidence.ts';
import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Alerts on pods and what makes them, of apps and of the platform. */
export function workloadRules(env: Pick<Environment, 'name'>): PrometheusRule[] {
  const lines = linesCommand(env, '{{ $labels.namespace }}', { since: '30m' });
  const state = stateCommand(env);
  return [
    alert('ContainerRestarts', 'ticket', {
      // A gauge: the collector reads the count from the pod's status. The long window is for a container that runs for minutes before it
      // crashes, and for the pauses of the kubelet, which grow to five minutes.
      expr: 'delta(k8s_container_restarts[15m]) >= 3 or delta(k8s_container_restarts[3h]) >= 6',
      summary:
        'The container {{ $labels.container }} of {{ $labels.namespace }}/{{ $labels.pod }} restarts repeatedly.',
      evidence: lines,
    }),
    alert('PodWaits', 'ticket', {
      // 1 is Pending (k8sclusterreceiver, 'k8s.pod.phase').
      expr: 'k8s_pod_phase == 1',
      hold: '15m',
      summary: 'The pod {{ $labels.namespace }}/{{ $labels.pod }} has been pending for 15 minutes.',
      evidence: state,
    }),
    alert('DeploymentUnavailable', 'page', {
      expr: 'k8s_deployment_available < k8s_deployment_desired',
      hold: '15m',
      summary:
        'The Deployment {{ $labels.namespace }}/{{ $labels.deployment }} has fewer ready pods than desired.',
      evidence: `${state}\n${lines}`,
    }),
    alert('StatefulSetUnavailable', 'page', {
      expr: 'k8s_statefulset_ready_pods < k8s_statefulset_desired_pods',
      hold: '15m',
      summary:
        'The StatefulSet {{ $labels.namespace }}/{{ $labels.statefulset }} has fewer ready pods than desired.',
      evidence: `${state}\n${lines}`,
    }),
    alert('DaemonSetUnavailable', 'ticket', {
      expr: 'k8s_daemonset_ready_nodes < k8s_daemonset_desired_scheduled_nodes',
      hold: '15m',
      summary:
        'The DaemonSet {{ $labels.namespace }}/{{ $labels.daemonset }} has ready pods on {{ $value }} nodes, fewer than desired.',
      evidence: `${state}\n${lines}`,
    }),
    alert('JobFailed', 'ticket', {
      // A failed Job of a schedule stays until the next one fails: after a day it is old.
      expr:
        'k8s_job_failed_pods > 0 and k8s_job_active_pods == 0 and k8s_job_successful_pods < k8s_job_desired_successful_pods' +
        ' unless k8s_job_failed_pods offset 1d > 0',
      // Longer than the pause before another attempt (Kubernetes, 'Jobs', 'Pod backoff failure policy').
      hold: '10m',
      summary: 'The Job {{ $labels.namespace }}/{{ $labels.job }} failed, and is not tried again.',
      evidence: lines,
    }),
  ];
}
