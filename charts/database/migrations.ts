import { createHash } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { externalDatabase, loginOf } from '../../model/external.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { previewVariable } from '../../model/previews.ts';
import { databaseClient, migrationsName } from '../../model/schema/database.ts';
import { migrationsAuthorities, migrationsFiles, migrationsToExternal } from '../app/external.ts';
import { loginFiles, loginObject } from '../app/secrets.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { databaseFiles, type IdentityFiles } from '../identity/identity-files.ts';
import { component } from '../kube/component.ts';
import type { Component } from '../kube/kube-object.ts';
import { annotations, podLabels } from '../kube/names.ts';
import { appNamespace } from '../kube/namespace.ts';
import { allow, denyAll, toDns } from '../kube/network-policy.ts';
import { nonRoot, podSpec } from '../kube/pod.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { databaseObject, toDatabase } from './database.ts';

/** A program that migrates the schema of a database. */
export interface Migration {
  /** Name of the app or operator that owns the database. */
  name: string;
  image: string;
  /** Default: the command of the image. */
  command?: string[];
  /** Variables beside those for the login. Default: none. */
  env?: k8s.EnvVar[];
}

/** The migration of an app; undefined if it has none. */
export function migrations(env: Environment, app: EnvironmentApp): Component | undefined {
  const migration = migrationOf(app);
  return migration && migrationComponent(env, migration);
}

function migrationOf({ name, migrationsRef, preview }: EnvironmentApp): Migration | undefined {
  if (migrationsRef === undefined) return undefined;
  const env = preview && [{ name: previewVariable, value: preview.name }];
  return { name, image: migrationsRef, ...(env === undefined ? {} : { env }) };
}

/**
 * Migrates a database's schema as its owner, before the new version of the owning app starts, whose
 * Kustomization depends on this one. If the Job fails, the old version keeps running.
 */
export function migrationComponent(env: Environment, migration: Migration): Component {
  const name = migrationsName(migration.name);
  const space = migration.name;
  const isExternal = externalDatabase(env.cluster, migration.name) !== undefined;
  return component(name, (chart) => {
    serviceAccount(chart, name, space);
    if (isExternal) beforeExternal(chart, env, migration.name);
    const leaf = authorities(env)
      .flatMap(({ leaves }) => leaves)
      .find((each) => each.namespace === space && each.name === databaseClient(migration.name, 'owner'));
    if (leaf) leafCertificate(chart, env, leaf);
    job(chart, env, migration);
    const database = isExternal ? migrationsToExternal(env, migration.name) : [toDatabase(migration.name)];
    allow(chart, name, space, { egress: [toDns, ...database] });
  });
}

/** The objects that an external database lacks: the namespace, and the files for the login. */
function beforeExternal(chart: Chart, env: Environment, owner: string): void {
  const app = env.apps.find(({ name }) => name === owner);
  const external = externalDatabase(env.cluster, owner);
  if (app === undefined || external === undefined)
    throw new Error(`the database of ${owner} is not external`);
  appNamespace(chart, env, app);
  denyAll(chart, owner, ['Ingress', 'Egress']);
  migrationsAuthorities(chart, env, owner, migrationsName(owner));
  loginObject(chart, env, app, loginOf(external, 'owner'));
}

/** Name of the migrations Job of an app. */
export function migrationsJob(env: Environment, app: EnvironmentApp): string {
  return migrationJob(env, migrationOf(app) ?? { name: app.name, image: '' });
}

/** Name of a Job, which changes with its content, because a Job is immutable. */
export function migrationJob(env: Environment, migration: Migration): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(jobSpec(env, migration)))
    .digest('hex');
  return `${migrationsName(migration.name)}-${hash.slice(0, 10)}`;
}

function job(chart: Chart, env: Environment, migration: Migration): void {
  const { name } = migration;
  const isOurs = externalDatabase(env.cluster, name) === undefined;
  new k8s.KubeJob(chart, 'job', {
    metadata: {
      name: migrationJob(env, migration),
      namespace: name,
      ...(isOurs ? { annotations: { [annotations.after]: databaseObject(ownerOf(env, name)) } } : {}),
    },
    spec: jobSpec(env, migration),
  });
}

/** An operator's database has no extensions. */
function ownerOf(env: Environment, owner: string): Parameters<typeof databaseObject>[0] {
  return env.apps.find(({ name }) => name === owner) ?? { name: owner };
}

/** Exit code of a migration that fails in the same way on every attempt. */
const wrongMigration = 2;

/** Files for the Job's login: a certificate, or the login of an external database. */
function accessFiles(env: Environment, owner: string): IdentityFiles {
  const external = externalDatabase(env.cluster, owner);
  if (external === undefined) return databaseFiles(owner, 'owner');
  const found = migrationsFiles(env, owner, migrationsName(owner));
  const login = loginFiles(loginOf(external, 'owner'));
  return {
    env: [...found.env, ...login.env],
    volumes: [...found.volumes, ...login.volumes],
    volumeMounts: [...found.volumeMounts, ...login.volumeMounts],
  };
}

function jobSpec(env: Environment, { name: owner, image, command, env: own = [] }: Migration): k8s.JobSpec {
  const name = migrationsName(owner);
  const identity = accessFiles(env, owner);
  return {
    // A failover can need another attempt. A wrong statement fails again, so its image ends with this code
    // (apps/kit/migrate.ts); attempts with other codes are counted.
    backoffLimit: 3,
    podFailurePolicy: {
      rules: [
        {
          action: 'FailJob',
          onExitCodes: { operator: 'In', values: [wrongMigration] },
          onPodConditions: [], // required by the type
        },
      ],
    },
    activeDeadlineSeconds: 240,
    template: {
      metadata: { labels: podLabels(name) },
      spec: {
        ...podSpec({
          serviceAccountName: name,
          user: nonRoot,
          ownsVolumes: true,
          container: {
            name: 'migrations',
            image,
            ...(command === undefined ? {} : { command }),
            env: [...identity.env, ...own],
            resources: { cpu: '20m', memory: '128Mi' },
            volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }, ...identity.volumeMounts],
          },
          volumes: [{ name: 'tmp', emptyDir: {} }, ...identity.volumes],
        }),
        restartPolicy: 'Never',
      },
    },
  };
}
