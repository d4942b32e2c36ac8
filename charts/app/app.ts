import type { Chart } from 'cdk8s';
import type { App } from '../../model/app.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities, mutualPort, mutualUses } from '../../model/identity.ts';
import { databaseClient, databaseCluster, databaseUse, retirement } from '../../model/schema/database.ts';
import { toDatabase } from '../database/database.ts';
import { migrationsJob } from '../database/migrations.ts';
import { route } from '../gateway/route.ts';
import { publicUrl } from '../gateway/url.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { identityFiles } from '../identity/identity-files.ts';
import { component } from '../kube/component.ts';
import { type DeploymentInput, deployment } from '../kube/deployment.ts';
import { disruptionBudget } from '../kube/disruption-budget.ts';
import type { Component } from '../kube/kube-object.ts';
import { literal } from '../kube/literal.ts';
import { annotations, gateway, namespaceOf } from '../kube/names.ts';
import { appNamespace } from '../kube/namespace.ts';
import {
  allow,
  denyAll,
  everyPodOf,
  type Flow,
  pods,
  toDns,
  toKubernetesApi,
} from '../kube/network-policy.ts';
import { idOf } from '../kube/object-id.ts';
import { nonRoot, type PodInput } from '../kube/pod.ts';
import { httpProbe } from '../kube/probe.ts';
import { clusterRole } from '../kube/rbac.ts';
import { service } from '../kube/service.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { proxyVariables, toInternet } from './internet.ts';
import { secretFiles, secretObjects, secretsHash } from './secrets.ts';

type Use<Kind extends App['uses'][number]['kind']> = Extract<App['uses'][number], { kind: Kind }>;

/** Everything that one app needs to run, be reached and reach what it uses, and nothing more. */
export function appComponent(env: Environment, app: EnvironmentApp): Component {
  const space = namespaceOf(app);
  return component(app.name, (chart) => {
    // Else it stands with the database: it is there before the app, and stays when the app goes.
    if (app.database === undefined && retirement(env, app.name) === undefined) {
      appNamespace(chart, env, app);
      denyAll(chart, space, ['Ingress', 'Egress']);
    }
    serviceAccount(chart, app.name, space);
    certificates(chart, env, app);
    kubernetesRights(chart, app);
    secretObjects(chart, app);
    deployment(chart, workload(env, app));
    const ports = Object.entries(app.ports).map(([name, { port }]) => ({ name, port }));
    if (ports.length > 0) service(chart, app.name, space, ports);
    if (app.exposes && app.host) {
      route(chart, app.name, space, app.host, portNumber(app, app.exposes.port));
    }
    if (app.replicas > 1) disruptionBudget(chart, app.name, space);
    allow(chart, app.name, space, { ingress: ingress(env, app), egress: egress(env, app) });
  });
}

/** Its own as a server and as a client; the owner's, where there are migrations, stands with those. */
function certificates(chart: Chart, env: Environment, app: EnvironmentApp): void {
  const use = databaseUse(app);
  const names = [
    ...(mutualPort(app) ? [`${app.name}-server`] : []),
    ...mutualUses(app, (name) => env.apps.find((each) => each.name === name)).map(
      (edge) => `${edge.app}-client`,
    ),
    ...(use && !(use.as === 'owner' && app.migrationsRef) ? [databaseClient(use.of, use.as)] : []),
  ];
  for (const { leaves } of authorities(env)) {
    for (const leaf of leaves) {
      if (leaf.namespace === namespaceOf(app) && names.includes(leaf.name)) leafCertificate(chart, env, leaf);
    }
  }
}

function workload(env: Environment, app: EnvironmentApp): DeploymentInput {
  const url = publicUrl(env.cluster, app);
  const use = databaseUse(app);
  const secrets = secretsHash(app);
  return {
    name: app.name,
    namespace: namespaceOf(app),
    replicas: app.replicas,
    update: 'rolling',
    drainSeconds: 3,
    annotations: {
      [annotations.summary]: app.summary,
      ...(url ? { [annotations.url]: url } : {}),
      ...(use ? { [annotations.after]: databaseReady(env, use.of) } : {}),
      ...(app.identity ? { [annotations.reload]: app.identity.reload } : {}),
    },
    ...(secrets === undefined ? {} : { podAnnotations: { [annotations.secrets]: secrets } }),
    pod: pod(env, app),
  };
}

/** What says that a database is there with its schema up to date. */
function databaseReady(env: Environment, of: string): string {
  const owner = env.apps.find(({ name }) => name === of);
  return owner?.migrationsRef === undefined
    ? idOf('Cluster', databaseCluster(of), of)
    : idOf('Job', migrationsJob(owner), of);
}

function pod(environment: Environment, app: EnvironmentApp): PodInput {
  const { ready, live } = app.probes;
  const identity = identityFiles(environment, app);
  const secrets = secretFiles(app);
  const own = Object.entries(app.env).map(([name, value]) => ({ name, value: literal(value) }));
  const env = [...own, ...identity.env, ...secrets.env, ...proxyVariables(app)];
  const volumes = [...identity.volumes, ...secrets.volumes];
  return {
    serviceAccountName: app.name,
    kubernetesApi: kubernetesUses(app).length > 0,
    user: nonRoot,
    ownsVolumes: volumes.length > 0,
    container: {
      name: app.name,
      image: app.imageRef,
      ...(env.length > 0 ? { env } : {}),
      ports: Object.entries(app.ports).map(([name, { port }]) => ({ name, containerPort: port })),
      readinessProbe: httpProbe(ready.port, ready.path, ready),
      ...(live ? { livenessProbe: httpProbe(live.port, live.path, live) } : {}),
      resources: app.resources,
      volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...identity.volumeMounts, ...secrets.volumeMounts],
    },
    volumes: [{ name: 'tmp', emptyDir: {} }, ...volumes],
  };
}

function kubernetesRights(chart: Chart, app: App): void {
  const rules = kubernetesUses(app).flatMap((use) => use.rules);
  if (rules.length === 0) return;
  clusterRole(chart, `app-${app.name}`, { serviceAccount: app.name, namespace: namespaceOf(app) }, rules);
}

function ingress(env: Environment, app: App): Flow[] {
  const callers = env.apps.flatMap((caller) =>
    appUses(caller)
      .filter((use) => use.app === app.name)
      .map((use) => ({
        peers: [pods(caller.name, namespaceOf(caller))],
        ports: [{ port: portNumber(app, use.port) }],
      })),
  );
  if (!app.exposes) return callers;
  return [
    { peers: [everyPodOf(gateway.namespace)], ports: [{ port: portNumber(app, app.exposes.port) }] },
    ...callers,
  ];
}

function egress(env: Environment, app: App): Flow[] {
  const used = appUses(app).map((use) => {
    const target = env.apps.find((other) => other.name === use.app);
    if (!target) throw new Error(`${app.name} uses ${use.app}, which does not run in ${env.name}`);
    return {
      peers: [pods(target.name, namespaceOf(target))],
      ports: [{ port: portNumber(target, use.port) }],
    };
  });
  const use = databaseUse(app);
  return [
    toDns,
    ...used,
    ...(use ? [toDatabase(use.of)] : []),
    ...toInternet(app),
    ...(kubernetesUses(app).length > 0 ? [toKubernetesApi] : []),
  ];
}

function portNumber(app: App, name: string): number {
  const port = app.ports[name];
  if (port) return port.port;
  throw new Error(`${app.name} has no port '${name}': it has ${Object.keys(app.ports).join(', ') || 'none'}`);
}

function appUses(app: App): Use<'app'>[] {
  return app.uses.filter((use) => use.kind === 'app');
}

function kubernetesUses(app: App): Use<'kubernetes'>[] {
  return app.uses.filter((use) => use.kind === 'kubernetes');
}
