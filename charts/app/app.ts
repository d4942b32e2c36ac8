import type { Chart } from 'cdk8s';
import type { App } from '../../model/app.ts';
import { externalDatabase, loginOf } from '../../model/external.ts';
import { publicUrl } from '../../model/gateway.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities, clientCertificate, mutualPort, mutualUses } from '../../model/identity.ts';
import { needsSignIn, signInProxy, verifiesPeople } from '../../model/people.ts';
import { publicAddresses, publicPorts } from '../../model/public-ports.ts';
import type { InitStep } from '../../model/schema/beside.ts';
import { replicaRange } from '../../model/schema/cluster.ts';
import { databaseClient, databaseCluster, databaseUse, retirement } from '../../model/schema/database.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import type { Login } from '../../model/schema/external.ts';
import { jobName } from '../../model/schema/job.ts';
import { claimName, hasReplicaVolumes, podVolume } from '../../model/schema/volume.ts';
import { mutualSignalStores } from '../../model/signal-stores.ts';
import { databaseObject } from '../database/database.ts';
import { migrationsJob } from '../database/migrations.ts';
import { route } from '../gateway/route.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { identityFiles } from '../identity/identity-files.ts';
import { autoscaler } from '../kube/autoscaler.ts';
import { component } from '../kube/component.ts';
import { cronJob } from '../kube/cron-job.ts';
import { deployment, type WorkloadInput } from '../kube/deployment.ts';
import { disruptionBudget } from '../kube/disruption-budget.ts';
import type { Component } from '../kube/kube-object.ts';
import { annotations, namespaceOf } from '../kube/names.ts';
import { appNamespace } from '../kube/namespace.ts';
import { allow, denyAll } from '../kube/network-policy.ts';
import { idOf } from '../kube/object-id.ts';
import { type ContainerInput, nonRoot, type PodInput } from '../kube/pod.ts';
import { priorityClass } from '../kube/priority-class.ts';
import { clusterRole } from '../kube/rbac.ts';
import { service } from '../kube/service.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { statefulSet } from '../kube/stateful-set.ts';
import { claimSpec, volumeClaim } from '../kube/volume-claim.ts';
import { signalVariables } from '../observability/signal-use.ts';
import { telemetryVariables } from '../observability/telemetry.ts';
import { amongReplicas, egress, ingress, kubernetesFlows, kubernetesUses, portNumber } from './app-flows.ts';
import { container, containerPorts, merged, probesOf, transport, variables } from './containers.ts';
import { externalAuthorities } from './external.ts';
import { proxyVariables } from './internet.ts';
import { gatingJobName, gatingJobObject } from './job.ts';
import { filesAnnotation, filesConfigMap, passingMounts, volumeMounts } from './mounts.ts';
import { chosenNodes } from './node-selection.ts';
import { pullSecrets, secretFiles, secretObjects, secretsAnnotation } from './secrets.ts';

/** All objects that one app needs to run, to receive calls and to call its dependencies. */
export function appComponent(env: Environment, app: EnvironmentApp): Component {
  const space = namespaceOf(app);
  return component(app.name, (chart) => {
    // Objects that the job needs as well are in the job's component, which is applied first.
    const isFirst = app.job === undefined;
    if (isFirst) namespaceOfApp(chart, env, app);
    serviceAccount(chart, app.name, space);
    if (isFirst) {
      certificates(chart, env, app);
      externalAuthorities(chart, env, app);
      filesConfigMap(chart, app);
      secretObjects(chart, app, migrationsLoginOf(env, app));
    }
    kubernetesRights(chart, app);
    claims(chart, app);
    runs(chart, env, app);
    services(chart, app);
    if (app.exposes && !needsSignIn(app))
      route(chart, env, app, app.exposes, (name) => portNumber(app, name));
    if (replicaRange(app.replicas).max > 1) disruptionBudget(chart, app.name, space);
    allow(chart, app.name, space, {
      ingress: ingress(env, app),
      egress: [...egress(env, app), ...amongReplicas(app), ...kubernetesFlows(app)],
    });
  });
}

/**
 * The job of an app, if it has one, with the objects that the job and the app share. The app's Kustomization depends on this one:
 * when the Job fails, the old version keeps running.
 */
export function gatingJob(env: Environment, app: EnvironmentApp): Component | undefined {
  if (app.job === undefined) return undefined;
  const [name, space] = [jobName(app.name), namespaceOf(app)];
  const use = databaseUse(app);
  return component(name, (chart) => {
    namespaceOfApp(chart, env, app);
    serviceAccount(chart, name, space);
    certificates(chart, env, app);
    externalAuthorities(chart, env, app);
    filesConfigMap(chart, app);
    secretObjects(chart, app, migrationsLoginOf(env, app));
    gatingJobObject(chart, env, app, use ? databaseReady(env, use.of) : []);
    allow(chart, name, space, { egress: egress(env, app) });
  });
}

/** The namespace, unless the component of the app's database or migrations has it: that one is applied before the app and outlives it. */
function namespaceOfApp(chart: Chart, env: Environment, app: EnvironmentApp): void {
  if (app.database !== undefined || retirement(env, app.name) !== undefined) return;
  if (migrationsLoginOf(env, app) !== undefined) return;
  appNamespace(chart, env, app);
  denyAll(chart, namespaceOf(app), ['Ingress', 'Egress']);
}

/** The app's server and client certificates. If the app has migrations, the owner's certificate is in their component. */
function certificates(chart: Chart, env: Environment, app: EnvironmentApp): void {
  const use = databaseUse(app);
  const names = [
    ...(mutualPort(app) ? [`${app.name}-server`] : []),
    ...mutualUses(app, (name) => env.apps.find((each) => each.name === name)).map(
      (edge) => `${edge.app}-client`,
    ),
    ...(use && !(use.as === 'owner' && app.migrationsRef) ? [databaseClient(use.of, use.as)] : []),
    ...(verifiesPeople(app) ? [clientCertificate(signInProxy)] : []),
    ...mutualSignalStores(env.cluster, app).map(clientCertificate),
  ];
  for (const { leaves } of authorities(env)) {
    for (const leaf of leaves) {
      if (leaf.namespace === namespaceOf(app) && names.includes(leaf.name)) leafCertificate(chart, env, leaf);
    }
  }
}

/** The Service of the app, and the one by which visitors reach its public ports. */
function services(chart: Chart, app: EnvironmentApp): void {
  const space = namespaceOf(app);
  const ports = Object.entries(app.ports).map(([name, { port, ...given }]) => ({
    name,
    port,
    ...transport(given),
  }));
  if (ports.length > 0) service(chart, app.name, space, ports);
  const open = publicPorts(app).map(({ name, port, nodePort, ...given }) => ({
    name,
    port,
    nodePort,
    ...transport(given),
  }));
  if (open.length > 0) service(chart, app.name, space, open, `${app.name}-public`);
}

/** Claims of the volumes that all pods of an app share. */
function claims(chart: Chart, app: EnvironmentApp): void {
  for (const [volume, given] of Object.entries(app.volumes)) {
    if (given.per === 'app')
      volumeClaim(chart, claimName(app.name, volume), namespaceOf(app), given.size, given.class);
  }
}

/** The app's workload: a CronJob with a schedule, a StatefulSet with one volume per replica, otherwise a Deployment. */
function runs(chart: Chart, env: Environment, app: EnvironmentApp): void {
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
  const input: WorkloadInput = {
    ...others,
    ...(Object.keys(podAnnotations).length > 0 ? { podAnnotations } : {}),
    replicas: typeof replicas === 'number' ? replicas : 'scaled',
    ...(app.nodes?.spread === undefined ? {} : { spread: app.nodes.spread }),
    // An app without ports gets no requests and has no readiness probe.
    ...(Object.keys(app.ports).length > 0 ? { drainSeconds: 3 } : { settleSeconds: 10 }),
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
  deployment(chart, { ...input, update: Object.keys(app.volumes).length > 0 ? 'recreate' : 'rolling' });
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

/** Objects whose readiness means that the database runs with its current schema; none for an external database without migrations. */
function databaseReady(env: Environment, of: string): string[] {
  const owner = env.apps.find(({ name }) => name === of);
  if (owner?.migrationsRef !== undefined) return [idOf('Job', migrationsJob(env, owner), of)];
  if (externalDatabase(env.cluster, of) !== undefined) return [];
  return [owner === undefined ? idOf('Cluster', databaseCluster(of), of) : databaseObject(owner)];
}

/** The login of the app's migrations to an external database. */
function migrationsLoginOf({ cluster }: Environment, app: EnvironmentApp): Login | undefined {
  const external = externalDatabase(cluster, app.name);
  return external === undefined || app.migrationsRef === undefined ? undefined : loginOf(external, 'owner');
}

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
      ...probesOf(app),
    },
    volumes: [...passing.volumes, ...lasting.volumes, ...own],
  };
}

function kubernetesRights(chart: Chart, app: App): void {
  const rules = kubernetesUses(app)
    .flatMap((use) => use.rules)
    .map(({ resourceNames, ...rule }) => ({
      ...rule,
      ...(resourceNames === undefined ? {} : { resourceNames }),
    }));
  if (rules.length === 0) return;
  clusterRole(chart, `app-${app.name}`, { serviceAccount: app.name, namespace: namespaceOf(app) }, rules);
}
