import { createHash } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { jobName } from '../../model/schema/job.ts';
import { identityFiles } from '../identity/identity-files.ts';
import { annotations, namespaceOf, podLabels } from '../kube/names.ts';
import { nonRoot, podSpec } from '../kube/pod.ts';
import { container, merged, variables } from './containers.ts';
import { proxyVariables } from './internet.ts';
import { filesAnnotation, passingMounts } from './mounts.ts';
import { chosenNodes } from './node-selection.ts';
import { pullSecrets, secretFiles, secretsAnnotation } from './secrets.ts';

/** Name of the Job that gates an app's roll-out. A Job is immutable, so each change of its content gives a new name. */
export function gatingJobName(env: Environment, app: EnvironmentApp): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(jobSpec(env, app)))
    .digest('hex');
  return `${jobName(app.name)}-${hash.slice(0, 10)}`;
}

/** The Job itself; `after` lists the objects that must be ready first. */
export function gatingJobObject(chart: Chart, env: Environment, app: EnvironmentApp, after: string[]): void {
  const reason = app.job?.resources.reason;
  new k8s.KubeJob(chart, 'job', {
    metadata: {
      name: gatingJobName(env, app),
      namespace: namespaceOf(app),
      annotations: {
        ...(after.length > 0 ? { [annotations.after]: after.join(', ') } : {}),
        ...(reason === undefined ? {} : { [annotations.resources]: reason }),
      },
    },
    spec: jobSpec(env, app),
  });
}

function jobSpec(env: Environment, app: EnvironmentApp): k8s.JobSpec {
  const { job } = app;
  if (job === undefined) throw new Error(`${app.name} has no job`);
  const name = jobName(app.name);
  const identity = identityFiles(env, app);
  const mounts = passingMounts(app);
  const secrets = secretFiles(app);
  const own = [...identity.volumes, ...secrets.volumes];
  const variablesOfApp = [...variables(app.env), ...identity.env, ...secrets.env, ...proxyVariables(app)];
  const { user = app.user ?? nonRoot, ...process } = job;
  return {
    backoffLimit: job.retries,
    activeDeadlineSeconds: inSeconds(job.deadline),
    template: {
      metadata: {
        labels: podLabels(name),
        annotations: { ...filesAnnotation(app), ...secretsAnnotation(app) },
      },
      spec: {
        ...podSpec({
          serviceAccountName: name,
          ...pullSecrets(app),
          ...chosenNodes(app),
          user,
          ownsVolumes: own.length > 0,
          container: container(
            'job',
            app.imageRef,
            { ...process, readOnlyRoot: process.readOnlyRoot ?? app.readOnlyRoot },
            merged(variablesOfApp, variables(job.env)),
            [...mounts.volumeMounts, ...identity.volumeMounts, ...secrets.volumeMounts],
          ),
          volumes: [...mounts.volumes, ...own],
        }),
        restartPolicy: 'Never',
      },
    },
  };
}
