import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { externalDatabase } from '../external.ts';
import type { FieldPath, Loaded } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { replicaRange } from '../schema/replicas.ts';

/** Requirements of `production: true`: the loss of one machine must stop no service and lose no data. */
export function checkProduction(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  if (!cluster.value.production) return [];
  return [
    ...checkNodes(cluster),
    ...checkReplicas(cluster, repository),
    ...checkDatabases(cluster, repository),
    ...checkVolumes(cluster, repository),
  ];
}

function checkNodes({ source, value: { nodes } }: Loaded<Cluster>): Diagnostic[] {
  const controlPlanes = nodes.filter(({ role }) => role === 'control-plane').length;
  const workers = nodes.length - controlPlanes;
  const diagnostics: Diagnostic[] = [];
  const report = (words: Words) => diagnostics.push(diagnosticAt(source, ['nodes'], words, 'key'));
  if (controlPlanes === 1) {
    report({
      code: 'production-one-control-plane',
      what: 'production with one control plane',
      why: 'if it fails, the API server and etcd fail: nothing can be changed or rescheduled until it is back',
      fix: 'write role: control-plane for three nodes',
    });
  }
  if (workers === 1) {
    report({
      code: 'production-one-worker',
      what: 'production with one worker',
      why: 'if it fails, all apps fail, and no other node can run them',
      fix: 'add a second node with role: worker',
    });
  }
  return diagnostics;
}

/** An app with callers (visitors or other apps) must have two replicas or a reason for one. */
function checkReplicas({ source, value }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  const here = apps.filter(({ name }) => Object.hasOwn(value.apps, name));
  return here.flatMap((app) => {
    const override = value.apps[app.name];
    const waiting =
      app.value.exposes === undefined
        ? here.flatMap((other) => {
            const i = other.value.uses.findIndex((use) => use.kind === 'app' && use.app === app.name);
            return i === -1 ? [] : [`'${other.name}' uses it (${reference(other.source, ['uses', i])})`];
          })[0]
        : `it is exposed (${reference(app.source, ['exposes'])})`;
    if (replicaRange(override?.replicas ?? app.value.replicas).min !== 1 || waiting === undefined) return [];
    if (override?.single !== undefined) return [];
    const path: FieldPath = ['apps', app.name, ...(override?.replicas === undefined ? [] : ['replicas'])];
    const words = {
      code: 'production-one-replica',
      what: `production with one replica of '${app.name}'`,
      why: `${waiting}, and it is unavailable whenever its node is`,
      fix: 'write replicas: 2, or single: with the reason why it may be unavailable',
    };
    return [diagnosticAt(source, path, words, override?.replicas === undefined ? 'key' : 'value')];
  });
}

/** The first app with a database in the environment, or the first retired database with `data: keep`. */
function databaseOwner(
  { source, value }: Pick<Loaded<Cluster>, 'source' | 'value'>,
  apps: Repository['apps'],
): { name: string; path: FieldPath; because: string } | undefined {
  const app = apps.find(
    ({ name, value: { database } }) =>
      Object.hasOwn(value.apps, name) && database && externalDatabase(value, name) === undefined,
  );
  if (app !== undefined) {
    return { name: app.name, path: ['apps', app.name], because: reference(app.source, ['database']) };
  }
  const kept = value.retired.findIndex((each) => 'database' in each && each.data === 'keep');
  const entry = value.retired[kept];
  if (entry === undefined || !('database' in entry)) return undefined;
  const name = entry.database;
  return { name, path: ['retired', kept], because: reference(source, ['retired', kept]) };
}

/** Without snapshots volumes have no backup: production requires a reason why their data may be lost. */
function checkVolumes({ name: environment, value }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  if (value.snapshots !== undefined) return [];
  const here = apps.filter(({ name }) => Object.hasOwn(value.apps, name));
  return here.flatMap(({ name, source, value: { volumes } }) =>
    Object.entries(volumes).flatMap(([volume, { backup }]) => {
      if (backup !== undefined) return [];
      const words = {
        code: 'production-without-backups',
        what: `${environment} is production, and the volume '${volume}' of '${name}' has no backup`,
        why: 'a failed disk or a deletion by mistake would lose its data',
        fix: "keep the data in a database or a bucket; with the provider aws, write snapshots: {} in cluster.yaml; or write backup: { none: 'Why it may be lost, or which other backup exists.' }",
      };
      return [diagnosticAt(source, ['volumes', volume], words, 'key')];
    }),
  );
}

function checkDatabases({ source, value }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  const owner = databaseOwner({ source, value }, apps);
  if (owner === undefined) return [];
  const { because } = owner;
  const { instances, backups } = value.databases;
  const diagnostics: Diagnostic[] = [];
  // If cluster.yaml has no `databases`, the diagnostic is reported at the app that owns one.
  const report = (path: FieldPath, words: Words) =>
    diagnostics.push(diagnosticAt(source, path, words, 'key'));
  if (instances < 3) {
    report(instances === 1 ? owner.path : ['databases', 'instances'], {
      code: 'production-few-instances',
      what: `production with ${instances === 1 ? 'one instance' : `${instances} instances`} of each database`,
      why: `the database of '${owner.name}' (${because}) must tolerate a failure while another instance is replaced`,
      fix: 'write databases: { instances: 3 }',
    });
  }
  if (backups === undefined) {
    report(owner.path, {
      code: 'production-without-backups',
      what: 'production without backups of databases',
      why: `'${owner.name}' owns a database (${because}): data deleted by mistake could not be restored`,
      fix: "add databases: { backups: { destination: 's3://BUCKET/FOLDER', credentials: … } }",
    });
  }
  return diagnostics;
}
