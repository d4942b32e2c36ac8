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
import { annotations, namespaceOf, podLabels } from '../kube/names.ts';
import { allow, toDns } from '../kube/network-policy.ts';
import { idOf } from '../kube/object-id.ts';
import { nonRoot, podSpec } from '../kube/pod.ts';
import { serviceAccount } from '../kube/service-account.ts';
import { toDatabase } from './database.ts';

/**
 * Brings a database's schema up to date, as its owner, before the app's new version starts: the app's Kustomization
 * waits for this one. A Job that fails stops there, and the old version goes on serving.
 */
export function migrations(env: Environment, app: EnvironmentApp): Component | undefined {
  const { migrationsRef } = app;
  if (migrationsRef === undefined) return undefined;
  const name = migrationsName(app.name);
  const space = namespaceOf(app);
  return component(name, (chart) => {
    serviceAccount(chart, name, space);
    const leaf = authorities(env)
      .flatMap(({ leaves }) => leaves)
      .find((each) => each.namespace === space && each.name === databaseClient(app.name, 'owner'));
    if (leaf) leafCertificate(chart, env, leaf);
    job(chart, app, migrationsRef);
    allow(chart, name, space, { egress: [toDns, toDatabase(app.name)] });
  });
}

/** Name of an app's Job. It changes with the pod's template, since a Job is immutable. */
export function migrationsJob(app: EnvironmentApp): string {
  const { migrationsRef = '' } = app;
  const hash = createHash('sha256')
    .update(JSON.stringify(jobSpec(app, migrationsRef)))
    .digest('hex');
  return `${migrationsName(app.name)}-${hash.slice(0, 10)}`;
}

function job(chart: Chart, app: EnvironmentApp, image: string): void {
  new k8s.KubeJob(chart, 'job', {
    metadata: {
      name: migrationsJob(app),
      namespace: namespaceOf(app),
      annotations: { [annotations.after]: idOf('Cluster', databaseCluster(app.name), namespaceOf(app)) },
    },
    spec: jobSpec(app, image),
  });
}

/** The exit code of a migration that no further try would mend. */
const wrongMigration = 2;

function jobSpec(app: EnvironmentApp, image: string): k8s.JobSpec {
  const name = migrationsName(app.name);
  const identity = databaseFiles(app.name, 'owner');
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
            env: identity.env,
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
