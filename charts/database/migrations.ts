import { createHash } from 'node:crypto';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { databaseClient, databaseCluster, migrationsName } from '../../model/schema/database.ts';
import { leafCertificate } from '../identity/certificate.ts';
import { databaseFiles } from '../identity/identity-files.ts';
import { component } from '../kube/component.ts';
import type { Component } from '../kube/kube-object.ts';
import { annotations, podLabels } from '../kube/names.ts';
import { allow, toDns } from '../kube/network-policy.ts';
import { idOf } from '../kube/object-id.ts';
import { nonRoot, podSpec } from '../kube/pod.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { toDatabase } from './database.ts';

/** What brings the schema of a database up to date. */
export interface Migration {
  /** Of the app or the operator that owns the database. */
  name: string;
  image: string;
  /** Default: what the image says. */
  command?: string[];
  /** Variables beside those by which clients of PostgreSQL log in. Default: none. */
  env?: k8s.EnvVar[];
}

/** The migration of an app; none where it has none. */
export function migrations(env: Environment, { name, migrationsRef }: EnvironmentApp): Component | undefined {
  return migrationsRef === undefined ? undefined : migrationComponent(env, { name, image: migrationsRef });
}

/**
 * Brings a database's schema up to date, as its owner, before the new version of what owns it starts: the Kustomization of
 * that waits for this one. A Job that fails stops there, and the old version goes on serving.
 */
export function migrationComponent(env: Environment, migration: Migration): Component {
  const name = migrationsName(migration.name);
  const space = migration.name;
  return component(name, (chart) => {
    serviceAccount(chart, name, space);
    const leaf = authorities(env)
      .flatMap(({ leaves }) => leaves)
      .find((each) => each.namespace === space && each.name === databaseClient(migration.name, 'owner'));
    if (leaf) leafCertificate(chart, env, leaf);
    job(chart, migration);
    allow(chart, name, space, { egress: [toDns, toDatabase(migration.name)] });
  });
}

/** The name of an app's Job. */
export function migrationsJob({ name, migrationsRef = '' }: EnvironmentApp): string {
  return migrationJob({ name, image: migrationsRef });
}

/** The name of a Job: another one for each change of what it runs, since a Job cannot be changed. */
export function migrationJob(migration: Migration): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(jobSpec(migration)))
    .digest('hex');
  return `${migrationsName(migration.name)}-${hash.slice(0, 10)}`;
}

function job(chart: Chart, migration: Migration): void {
  const { name } = migration;
  new k8s.KubeJob(chart, 'job', {
    metadata: {
      name: migrationJob(migration),
      namespace: name,
      annotations: { [annotations.after]: idOf('Cluster', databaseCluster(name), name) },
    },
    spec: jobSpec(migration),
  });
}

/** The exit code of a migration that no further try would mend. */
const wrongMigration = 2;

function jobSpec({ name: owner, image, command, env = [] }: Migration): k8s.JobSpec {
  const name = migrationsName(owner);
  const identity = databaseFiles(owner, 'owner');
  return {
    // A database that is just failing over is worth another try; a wrong statement stays wrong, and its image says so by
    // this code (apps/kit/migrate.ts). Of any other the tries are counted.
    backoffLimit: 3,
    podFailurePolicy: {
      rules: [
        {
          action: 'FailJob',
          onExitCodes: { operator: 'In', values: [wrongMigration] },
          onPodConditions: [], // the type wants them
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
            env: [...identity.env, ...env],
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
