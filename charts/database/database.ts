import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { backupRole } from '../../model/schema/aws-role.ts';
import {
  accesses,
  databaseCluster,
  databaseName,
  databaseRole,
  databasesOf,
  databaseUse,
  migrationsName,
  type OwnedDatabase,
  retirement,
} from '../../model/schema/database.ts';
import { quotedName } from '../../model/schema/postgres-names.ts';
import { podsOf } from '../app/app-pods.ts';
import { awsRole } from '../app/aws-role.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { component } from '../kube/component.ts';
import { customResource, type FieldOf } from '../kube/custom-resource.ts';
import { imageRef } from '../kube/image.ts';
import type { Component } from '../kube/kube-object.ts';
import { namespaceOf, peersName, postgresNamespace, postgresOperator } from '../kube/names.ts';
import { appNamespace } from '../kube/namespace.ts';
import {
  allowTo,
  denyAll,
  everyPodOf,
  type Flow,
  pods,
  toDns,
  toKubernetesApi,
} from '../kube/network-policy.ts';
import { idOf } from '../kube/object-id.ts';
import { fromPrometheus } from '../observability/observed.ts';
import { postgresMetricsPort } from '../observability/scrape-targets.ts';
import { backup, scheduledBackup, storePort } from './backups.ts';
import { grants } from './grants.ts';
import { databaseMetrics } from './metrics.ts';
import { databaseSettings } from './settings.ts';

const postgresPort = 5432;
/** Folder in which CloudNativePG mounts projected volumes. */
const projectedFolder = '/projected';
/**
 * Port on which each instance answers the operator and the other instances, with the operator's own mutual
 * TLS.
 */
const statusPort = 8000;

/**
 * The PostgreSQL of an app, an operator or a former app, with its namespace, applied before the app. If it is
 * retired with its data deleted, only the namespace remains, so that Flux deletes the rest.
 */
export function databaseComponent(env: Environment, { name: app }: Pick<App, 'name'>): Component | undefined {
  const database = databasesOf(env).find((each) => each.app === app);
  if (database === undefined && retirement(env, app) === undefined) return undefined;
  const name = databaseCluster(app);
  const space = namespaceOf({ name: app });
  return component(name, (chart) => {
    appNamespace(chart, env, { name: app });
    denyAll(chart, space, ['Ingress', 'Egress']);
    if (database === undefined) return;
    const own = authorities(env).find((authority) => authority.name === name)?.leaves ?? [];
    for (const leaf of own.filter((each) => each.namespace === space && isOfPostgres(name, each.name)))
      leafCertificate(chart, env, leaf);
    noPassword(chart, app);
    cluster(chart, env, database);
    extensions(chart, database);
    const { backups } = databaseSettings(env, app);
    if (backups) scheduledBackup(chart, app, backups);
    allowTo(chart, name, space, instances(app), {
      ingress: ingress(env, database),
      egress: egress(env, app),
    });
  });
}

/** The pods of an app's database. */
function databasePods(app: string): k8s.NetworkPolicyPeer {
  return { ...everyPodOf(app), podSelector: { matchLabels: instances(app) } };
}

/** The flow from an app to its database. */
export function toDatabase(app: string): Flow {
  return { peers: [databasePods(app)], ports: [{ port: postgresPort }] };
}

function instances(app: string): Record<string, string> {
  return { 'cnpg.io/cluster': databaseCluster(app) };
}

/** Whether a Certificate is one of Postgres's own two. Those of its roles are with the apps that log in. */
export function isOfPostgres(cluster: string, name: string): boolean {
  return [`${cluster}-server`, `${cluster}-replication`].includes(name);
}

/**
 * CloudNativePG needs a Secret with the owner's password, and creates one if it is missing. With this empty
 * password it runs `ALTER ROLE … PASSWORD ''`, which leaves the role without a password.
 */
function noPassword(chart: Chart, app: string): void {
  new k8s.KubeSecret(chart, 'no-password', {
    metadata: {
      name: noPasswordName(app),
      namespace: namespaceOf({ name: app }),
      annotations: { 'cnpg.io/passwordPassthrough': 'enabled' },
    },
    type: 'kubernetes.io/basic-auth',
    data: { username: Buffer.from(databaseRole(app, 'owner')).toString('base64'), password: '' },
  });
}

function noPasswordName(app: string): string {
  return `${databaseCluster(app)}-no-password`;
}

function cluster(chart: Chart, env: Environment, { app, storage }: OwnedDatabase): void {
  const name = databaseCluster(app);
  const { instances: count, backups, resources } = databaseSettings(env, app);
  const monitoring = databaseMetrics(chart, env, app);
  const role =
    backups?.credentials === 'machine' ? awsRole(env, backupRole(app), projectedFolder) : undefined;
  customResource(chart, 'cluster', {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Cluster',
    metadata: { name, namespace: namespaceOf({ name: app }) },
    spec: {
      instances: count,
      imageName: imageRef(env, 'postgresql'),
      enableSuperuserAccess: false,
      // With one instance, a budget would only prevent draining its node.
      enablePDB: count > 1,
      certificates: {
        serverTLSSecret: `${name}-server`,
        serverCASecret: peersName(name),
        clientCASecret: peersName(name),
        replicationTLSSecret: `${name}-replication`,
      },
      bootstrap: { initdb: initdb(app) },
      managed: { roles: managedRoles(app) },
      postgresql: {
        parameters: { password_encryption: 'scram-sha-256', ...slowStatements },
        ...logins(app),
        ...(count > 2
          ? { synchronous: { method: 'any', number: 1, dataDurability: 'required', failoverQuorum: true } }
          : {}),
      },
      // Pools never close their connections, so waiting for clients has no effect.
      smartShutdownTimeout: 1,
      // The 10 s default would keep a recovered database out of its Service for that long.
      probes: { startup: { periodSeconds: 1 }, readiness: { periodSeconds: 5 } },
      stopDelay: 60,
      switchoverDelay: 60,
      primaryUpdateStrategy: 'unsupervised',
      primaryUpdateMethod: count > 1 ? 'switchover' : 'restart',
      affinity: { enablePodAntiAffinity: true, topologyKey: 'kubernetes.io/hostname' },
      storage: { size: storage },
      resources: { requests: resources, limits: { memory: resources.memory } },
      ...(backups ? { backup: backup(app, backups) } : {}),
      ...(monitoring ? { monitoring } : {}),
      ...(role ? { env: role.env, projectedVolumeTemplate: { sources: [role.source] } } : {}),
    },
  });
}

/**
 * Logs each statement of 500 ms or more and each lock wait of a second or more, with the fingerprint of
 * `pg_stat_statements` (`query_id`) and without bound values. CloudNativePG loads that extension if one of
 * its parameters is set ('PostgreSQL Configuration', 'Managed extensions').
 */
const slowStatements = {
  log_min_duration_statement: '500ms',
  log_lock_waits: 'on',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  'pg_stat_statements.max': '1000',
  'pg_stat_statements.track': 'top',
  // Utility statements would keep passwords and other literals.
  'pg_stat_statements.track_utility': 'off',
} as const;

/** The arguments of `initdb`, and the first statements in the new database. */
function initdb(app: string): NonNullable<FieldOf<'Cluster', 'bootstrap'>['initdb']> {
  return {
    database: databaseName(app),
    owner: databaseRole(app, 'owner'),
    secret: { name: noPasswordName(app) },
    dataChecksums: true,
    encoding: 'UTF8',
    postInitApplicationSQL: grants(app),
  };
}

/** The roles that the operator manages; it reverts manual changes. */
function managedRoles(app: string): NonNullable<FieldOf<'Cluster', 'managed'>['roles']> {
  return rolesOf(app).map((name) => ({
    name,
    ensure: 'present',
    login: true,
    inherit: true,
    disablePassword: true,
  }));
}

/** The rules for logins: roles, databases and methods. */
function logins(app: string): FieldOf<'Cluster', 'postgresql'> {
  const database = databaseName(app);
  const roles = rolesOf(app);
  return {
    // After CloudNativePG's own rules: the socket inside the pod, and replication by certificate.
    pg_hba: [
      `hostssl ${quotedName(database)} ${roles.map(quotedName).join(',')} all cert map=${database}`,
      // Refuses plain text, passwords, other databases and other roles.
      'host all all all reject',
    ],
    pg_ident: roles.map((role) => `${database} ${quotedName(role)} ${quotedName(role)}`),
  };
}

function rolesOf(app: string): string[] {
  return accesses.map((access) => databaseRole(app, access));
}

/**
 * The extensions of a database, which the instance creates as superuser when the app adds one. The object
 * disappears with the app's list; the database and its extensions stay.
 */
function extensions(chart: Chart, { app, extensions }: OwnedDatabase): void {
  if (extensions.length === 0) return;
  customResource(chart, 'extensions', {
    apiVersion: 'postgresql.cnpg.io/v1',
    kind: 'Database',
    metadata: { name: databaseCluster(app), namespace: namespaceOf({ name: app }) },
    spec: {
      cluster: { name: databaseCluster(app) },
      name: databaseName(app),
      owner: databaseRole(app, 'owner'),
      databaseReclaimPolicy: 'retain',
      extensions: extensions.map((name) => ({ name, ensure: 'present' })),
    },
  });
}

/** Id of the object whose readiness means that the database exists with its extensions. */
export function databaseObject({ name, database }: Pick<App, 'name' | 'database'>): string {
  const kind = (database?.extensions ?? []).length > 0 ? 'Database' : 'Cluster';
  return idOf(kind, databaseCluster(name), namespaceOf({ name }));
}

function ingress(env: Environment, { app, migrated, workloads = [] }: OwnedDatabase): Flow[] {
  const users = env.apps.filter((user) => databaseUse(user)?.of === app);
  return [
    {
      peers: [
        ...users.flatMap(podsOf),
        ...workloads.map((workload) => pods(workload, app)),
        ...(migrated ? [pods(migrationsName(app), app)] : []),
      ],
      ports: [{ port: postgresPort }],
    },
    { peers: [databasePods(app)], ports: [{ port: postgresPort }, { port: statusPort }] },
    { peers: [pods(postgresOperator, postgresNamespace)], ports: [{ port: statusPort }] },
    ...fromPrometheus(env, [postgresMetricsPort]),
  ].filter(({ peers }) => peers === undefined || peers.length > 0);
}

function egress(env: Environment, app: string): Flow[] {
  const { backups } = databaseSettings(env, app);
  return [
    toDns,
    toKubernetesApi,
    { peers: [databasePods(app)], ports: [{ port: postgresPort }, { port: statusPort }] },
    ...(backups ? [{ ports: [{ port: storePort(backups) }] }] : []),
  ];
}
