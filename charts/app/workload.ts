import type { Chart } from 'cdk8s';
import type { App } from '../../model/app.ts';
import { publicUrl } from '../../model/gateway.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { publicAddresses } from '../../model/public-ports.ts';
import { errorLimit } from '../../model/rollout.ts';
import type { InitStep } from '../../model/schema/beside.ts';
import { databaseUse } from '../../model/schema/database.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { hasReplicaVolumes, podVolume } from '../../model/schema/volume.ts';
import { identityFiles } from '../identity/identity-files.ts';
import { autoscaler } from '../kube/autoscaler.ts';
import { cronJob } from '../kube/cron-job.ts';
import { deployment, gatewayDrain, type WorkloadInput } from '../kube/deployment.ts';
import { annotations, fewErrors, namespaceOf } from '../kube/names.ts';
import { idOf } from '../kube/object-id.ts';
import { type ContainerInput, nonRoot, type PodInput } from '../kube/pod.ts';
import { priorityClass } from '../kube/priority-class.ts';
import { statefulSet } from '../kube/stateful-set.ts';
import { claimSpec } from '../kube/volume-claim.ts';
import { signalVariables } from '../observability/signal-use.ts';
import { telemetryVariables } from '../observability/telemetry.ts';
import { kubernetesUses } from './app-flows.ts';
import { container, containerPorts, merged, probesOf, startProbe, variables } from './containers.ts';
import { databaseReady } from './database-ready.ts';
import { proxyVariables } from './internet.ts';
import { gatingJobName } from './job.ts';
import { filesAnnotation, passingMounts, volumeMounts } from './mounts.ts';
import { chosenNodes } from './node-selection.ts';
import { pullSecrets, secretFiles, secretsAnnotation } from './secrets.ts';

/** The app's workload: a CronJob with a schedule, a StatefulSet with one volume per replica, otherwise a Deployment. */
export function appWorkload(chart: Chart, env: Environment, app: EnvironmentApp): void {
  const { schedule, priority, replicas } = app;
  const priorityClassName = priority === undefined ? undefined : priorityClass(chart, app.name, priority);
  const common = {
    name: app.name,
    namespace: namespaceOf(app),
    annotations: workloadAnnotations(env, app),
    podAnnotations: { ...filesAnnotation(app), ...secretsAnnotation(app) },
    pod: {
      ...pod(env, app),
      ...chosenNodes(app),
      ...(priorityClassName === undefined ? {} : { priorityClassName }),
    },
  };
  if (schedule !== undefined) {
    cronJob(chart, {
      ...common,
      cron: schedule.cron,
      timeZone: schedule.timeZone,
      overlap: overlaps[schedule.overlap],
      deadlineSeconds: inSeconds(schedule.deadline),
      lateSeconds: inSeconds(schedule.late),
      retries: schedule.retries,
      history: schedule.history,
    });
    return;
  }
  const { podAnnotations, ...others } = common;
  // Pods with volumes end before their successors start.
  const isReplaced = Object.keys(app.volumes).length > 0;
  const input: WorkloadInput = {
    ...others,
    ...(Object.keys(podAnnotations).length > 0 ? { podAnnotations } : {}),
    replicas: typeof replicas === 'number' ? replicas : 'scaled',
    ...(app.nodes?.spread === undefined ? {} : { spread: app.nodes.spread }),
    // An app without ports gets no requests and has no readiness probe.
    ...(Object.keys(app.ports).length > 0
      ? { drainSeconds: isReplaced ? 3 : gatewayDrain }
      : { settleSeconds: 10 }),
    ...gradual(app),
  };
  if (hasReplicaVolumes(app)) {
    const templates = Object.entries(app.volumes).map(([volume, given]) => ({
      metadata: { name: podVolume(volume) },
      spec: claimSpec(given.size, given.class),
    }));
    statefulSet(chart, { ...input, claims: templates });
    return;
  }
  deployment(chart, { ...input, update: isReplaced ? 'recreate' : 'rolling' });
  if (typeof replicas !== 'number') autoscaler(chart, app.name, namespaceOf(app), replicas);
}

/** Time for a new pod to be scheduled, to pull its image and to start; Kubernetes' own default of a whole roll-out. */
const startSeconds = 600;

/** The Deployment replaces one pod at a time anyway; here it also waits for the new one to stay ready. */
function gradual({ rollout }: App): Pick<WorkloadInput, 'settleSeconds' | 'deadlineSeconds'> {
  if (rollout === undefined) return {};
  const watch = inSeconds(rollout.watch);
  // minReadySeconds must be less than the deadline (Deployment, validation), which begins anew with each pod that is available.
  return { settleSeconds: watch, deadlineSeconds: watch + startSeconds };
}

const overlaps = { forbid: 'Forbid', allow: 'Allow', replace: 'Replace' } as const;

function workloadAnnotations(env: Environment, app: EnvironmentApp): Record<string, string> {
  const url = publicUrl(env.cluster, app);
  const addresses = publicAddresses(env.cluster, app);
  const use = databaseUse(app);
  const after = [
    ...(use ? databaseReady(env, use.of) : []),
    ...(app.job ? [idOf('Job', gatingJobName(env, app), namespaceOf(app))] : []),
  ];
  return {
    [annotations.summary]: app.summary,
    ...(url ? { [annotations.url]: url } : {}),
    ...(addresses.length > 0 ? { [annotations.addresses]: addresses.join(', ') } : {}),
    ...(after.length > 0 ? { [annotations.after]: after.join(', ') } : {}),
    ...(app.identity ? { [annotations.reload]: app.identity.reload } : {}),
  };
}

/** The pod of an app: its containers with variables, files, certificates and volumes. */
function pod(environment: Environment, app: EnvironmentApp): PodInput {
  const identity = identityFiles(environment, app);
  const secrets = secretFiles(app);
  const own = [...identity.volumes, ...secrets.volumes];
  const [passing, lasting] = [passingMounts(app), volumeMounts(app)];
  const env = [
    ...variables(app.env),
    ...identity.env,
    ...secrets.env,
    ...proxyVariables(app),
    ...telemetryVariables(environment, app),
    ...signalVariables(environment, app),
  ];
  const shared = [...passing.volumeMounts, ...lasting.volumeMounts];
  const mounts = [...shared, ...identity.volumeMounts, ...secrets.volumeMounts];
  const { user = nonRoot, ...process } = app;
  const ports = containerPorts(app.ports);
  // A step in the app's own image has the app's variables and certificates.
  const beside = (given: InitStep): ContainerInput =>
    given.image === undefined
      ? container(given.name, app.imageRef, given, merged(env, variables(given.env)), mounts)
      : container(given.name, given.image.ref, given, variables(given.env), shared);
  return {
    serviceAccountName: app.name,
    ...(errorLimit(app) === undefined ? {} : { readinessGates: [{ conditionType: fewErrors }] }),
    ...pullSecrets(app),
    kubernetesApi: kubernetesUses(app).length > 0,
    user,
    ownsVolumes: own.length > 0 || lasting.volumeMounts.length > 0,
    init: app.init.map(beside),
    sidecars: app.sidecars.map((sidecar) => ({
      ...beside(sidecar),
      ...(Object.keys(sidecar.ports).length > 0 ? { ports: containerPorts(sidecar.ports) } : {}),
      ...probesOf(sidecar),
    })),
    container: {
      ...container(
        app.name,
        app.imageRef,
        { ...process, user: undefined, resources: { ...app.resources, gpus: app.nodes?.gpus } },
        env,
        mounts,
      ),
      ...(ports.length > 0 ? { ports } : {}),
      ...probesOf({ ...app, probes: { ...app.probes, startup: startProbe(app.probes) } }),
    },
    volumes: [...passing.volumes, ...lasting.volumes, ...own],
  };
}
