import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { annotations as keys, partOf, podLabels } from './names.ts';
import { type PodInput, podSpec } from './pod.ts';

/** A scheduled workload; times in seconds. */
export interface CronJobInput {
  name: string;
  namespace: string;
  pod: PodInput;
  annotations: Record<string, string>;
  podAnnotations: Record<string, string>;
  cron: string;
  timeZone: string;
  overlap: 'Forbid' | 'Allow' | 'Replace';
  /** Longest duration of a run with all its attempts. */
  deadlineSeconds: number;
  /** Longest delay of a start. */
  lateSeconds: number;
  retries: number;
  history: { succeeded: number; failed: number };
}

/** A CronJob whose pods carry `podLabels(name)`. */
export function cronJob(chart: Chart, input: CronJobInput): void {
  const { name, namespace, pod, podAnnotations, history } = input;
  const { reason } = pod.container.resources;
  const annotations = { ...input.annotations, ...(reason ? { [keys.resources]: reason } : {}) };
  const labels = podLabels(name);
  new k8s.KubeCronJob(chart, `cron-job-${name}`, {
    metadata: { name, namespace, labels, annotations },
    spec: {
      schedule: input.cron,
      timeZone: input.timeZone,
      concurrencyPolicy: input.overlap,
      startingDeadlineSeconds: input.lateSeconds,
      successfulJobsHistoryLimit: history.succeeded,
      failedJobsHistoryLimit: history.failed,
      jobTemplate: {
        metadata: { labels },
        spec: {
          backoffLimit: input.retries,
          activeDeadlineSeconds: input.deadlineSeconds,
          template: {
            metadata: {
              labels: { ...labels, 'app.kubernetes.io/part-of': partOf },
              ...(Object.keys(podAnnotations).length > 0 ? { annotations: podAnnotations } : {}),
            },
            // Never: each attempt has its own pod and log.
            spec: { ...podSpec(pod), restartPolicy: 'Never' },
          },
        },
      },
    },
  });
}
