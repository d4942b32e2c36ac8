import type { Chart } from 'cdk8s';
import type { App } from '../../model/app.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities, clientCertificate, mutualPort, mutualUses } from '../../model/identity.ts';
import { needsSignIn, signInProxy, verifiesPeople } from '../../model/people.ts';
import { publicPorts } from '../../model/public-ports.ts';
import { errorLimit } from '../../model/rollout.ts';
import { databaseClient, databaseUse, retirement } from '../../model/schema/database.ts';
import { jobName } from '../../model/schema/job.ts';
import { replicaRange } from '../../model/schema/replicas.ts';
import { claimName } from '../../model/schema/volume.ts';
import { mutualSignalStores } from '../../model/signal-stores.ts';
import { route } from '../gateway/route.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { component } from '../kube/component.ts';
import { disruptionBudget } from '../kube/disruption-budget.ts';
import type { Component } from '../kube/kube-object.ts';
import { namespaceOf } from '../kube/names.ts';
import { appNamespace } from '../kube/namespace.ts';
import { allow, denyAll } from '../kube/network-policy.ts';
import { clusterRole } from '../kube/rbac.ts';
import { service } from '../kube/service.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { volumeClaim } from '../kube/volume-claim.ts';
import { amongReplicas, egress, ingress, kubernetesFlows, kubernetesUses, portNumber } from './app-flows.ts';
import { transport } from './containers.ts';
import { databaseReady, migrationsLoginOf } from './database-ready.ts';
import { externalAuthorities } from './external.ts';
import { gatingJobObject } from './job.ts';
import { filesConfigMap } from './mounts.ts';
import { rightsOfGate } from './rollout-gate.ts';
import { secretObjects } from './secrets.ts';
import { appWorkload } from './workload.ts';

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
      secretObjects(chart, { env, app, migrations: migrationsLoginOf(env, app) });
    }
    kubernetesRights(chart, app);
    if (errorLimit(app) !== undefined) rightsOfGate(chart, space);
    claims(chart, app);
    appWorkload(chart, env, app);
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
    secretObjects(chart, { env, app, migrations: migrationsLoginOf(env, app) });
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
