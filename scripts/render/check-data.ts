import { field, listField, textField } from '../../charts/kube/field.ts';
import { kindOf, objectId } from '../../charts/kube/object-id.ts';
import type { Diagnostic } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import { accountsOperator, databasesOf, retirement } from '../../model/schema/database.ts';
import { previewPattern } from '../../model/schema/previews.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { volumeOfClaim, volumeOfTemplate } from '../../model/schema/volume.ts';
import { type DataManifest, dataOf } from './data.ts';

/** A database or volume in a manifest. */
interface Store {
  /** `Cluster orders/orders-db`; for per-replica volumes the StatefulSet and the volume. */
  id: string;
  environment: string;
  file: string;
  object: DataManifest['object'];
  /** Size as in the manifest: `2Gi`. */
  size: string | undefined;
  /** Its StorageClass; undefined for the default one. */
  storageClass: string | undefined;
  /** Whether it is of a preview, which is thrown away with its data. */
  isPreview: boolean;
  /** Name in `volumes`, if it is a volume of an app. */
  volume?: { app: string; name: string };
}

/**
 * Refuses to lose data: a database or volume that was rendered before must still be described or listed in `retired`, and no volume
 * can shrink or change its class. Data of a preview is removed with it. `before` can have an object twice, from the disk and from Git.
 */
export function checkData(
  root: string,
  environments: readonly Environment[],
  before: readonly DataManifest[],
  files: ReadonlyMap<string, string>,
): Diagnostic[] {
  const after = new Map(
    dataOf(files)
      .flatMap(storesOf)
      .map((store) => [`${store.environment} ${store.id}`, store]),
  );
  const found = new Map<string, Diagnostic>();
  for (const old of before.flatMap(storesOf)) {
    const env = environments.find(({ name }) => name === old.environment);
    if (env === undefined) continue;
    const now = after.get(`${env.name} ${old.id}`);
    if (now === undefined && old.isPreview) continue;
    const diagnostic =
      now === undefined
        ? lost(root, env, old)
        : (smaller(root, env, old, now.size) ?? otherClass(root, env, old, now));
    if (diagnostic !== undefined) found.set(`${env.name} ${old.id} ${diagnostic.code}`, diagnostic);
  }
  return [...found.values()];
}

function storesOf({ environment, file, object }: DataManifest): Store[] {
  const id = objectId(object);
  const { name, namespace = '' } = object.metadata;
  const of = (more: string, spec: unknown, volume: string | undefined): Store => ({
    id: `${id}${more}`,
    environment,
    file,
    object,
    isPreview: previewPattern.test(namespace),
    size: textField(spec, 'resources', 'requests', 'storage') ?? textField(spec, 'storage', 'size'),
    storageClass: textField(spec, 'storageClassName') ?? textField(spec, 'storage', 'storageClass'),
    ...(volume === undefined ? {} : { volume: { app: namespace, name: volume } }),
  });
  if (object.kind === 'StatefulSet') {
    return listField(object, 'spec', 'volumeClaimTemplates').map((template) => {
      const claim = textField(template, 'metadata', 'name') ?? '';
      return of(` ${claim}`, field(template, 'spec'), volumeOfTemplate(claim));
    });
  }
  const volume = object.kind === 'PersistentVolumeClaim' ? volumeOfClaim(namespace, name) : undefined;
  return [of('', object.spec, volume)];
}

function lost(root: string, env: Environment, store: Store): Diagnostic | undefined {
  const { object, file, volume } = store;
  if (volume !== undefined) return lostVolume(root, env, store, volume);
  // An operator's claim stays in the cluster when its manifest is removed: charts/kube/volume-claim.ts.
  if (kindOf(object) !== 'Cluster.postgresql.cnpg.io') return undefined;
  const app = object.metadata.name.replace(/-db$/, '');
  if (retirement(env, app) !== undefined) return undefined;
  const cluster = `clusters/${env.name}/cluster.yaml`;
  const entry = (more: string) => `retired: [{ database: ${app}, data: ${more}, reason: '…' }]`;
  return {
    code: 'database-not-retired',
    file: cluster,
    ...placeInFile(root, cluster, ['apps'], 'key'),
    what: `the database of '${app}' would be deleted from ${env.name}: no app describes it any more`,
    why: `its data would be lost (${file}); an app that was renamed starts with an empty database`,
    fix: `describe it again, or decide about its data: ${entry(`keep, storage: ${store.size ?? '1Gi'}`)}, or ${entry('delete')}; to move data: docs/moving-a-database.md`,
  };
}

/** Volumes are never deleted; this refuses one that is left without a description. */
function lostVolume(
  root: string,
  env: Environment,
  { file }: Store,
  { app, name }: NonNullable<Store['volume']>,
): Diagnostic | undefined {
  const isRetired = env.cluster.retired.some(
    (each) => 'volume' in each && each.volume === name && each.app === app,
  );
  if (isRetired) return undefined;
  const cluster = `clusters/${env.name}/cluster.yaml`;
  return {
    code: 'volume-not-retired',
    file: cluster,
    ...placeInFile(root, cluster, ['apps'], 'key'),
    what: `no app in ${env.name} describes the volume '${name}' of '${app}' any more`,
    why: `its data would be orphaned (${file}); a volume that was renamed starts empty`,
    fix: `describe it again, or declare that nobody needs it: retired: [{ volume: ${name}, app: ${app}, reason: '…' }]; it stays in the namespace ${app} until somebody deletes it by hand`,
  };
}

function smaller(
  root: string,
  env: Environment,
  old: Store,
  now: string | undefined,
): Diagnostic | undefined {
  const [before, after] = [quantityOf(old.size), quantityOf(now)];
  if (before === undefined || after === undefined || after >= before) return undefined;
  const [source, path] = placeOf(env, old);
  return {
    code: 'volume-shrinks',
    file: source,
    ...placeInFile(root, source, path),
    what: `in ${env.name}, ${old.id} would have ${now} instead of ${old.size}`,
    why: `a volume can grow and never shrink, and the one of ${old.file} may have data`,
    fix: `write ${old.size}; or, if no cluster was ever created from it: git rm --cached ${old.file} && rm ${old.file}, and commit that`,
  };
}

function otherClass(root: string, env: Environment, old: Store, now: Store): Diagnostic | undefined {
  if (old.storageClass === now.storageClass) return undefined;
  const [source, path] = placeOf(env, old);
  const [before, after] = [old, now].map(({ storageClass }) => storageClass ?? 'the default one');
  return {
    code: 'volume-changes-class',
    file: source,
    ...placeInFile(root, source, old.volume === undefined ? path : [...path.slice(0, -1), 'class']),
    what: `in ${env.name}, ${old.id} would have the StorageClass ${after} instead of ${before}`,
    why: `the class of a volume cannot change, and the one of ${old.file} may have data`,
    fix: 'write the previous class, or describe a volume of another name and copy the data',
  };
}

/** Place of the size of a database or volume in its description. */
function placeOf(env: Environment, { object, volume }: Store): [file: string, path: FieldPath] {
  const { name } = object.metadata;
  const cluster = `clusters/${env.name}/cluster.yaml`;
  if (volume !== undefined) return [`apps/${volume.app}/app.ts`, ['volumes', volume.name, 'size']];
  const app = name.replace(/-db$/, '');
  const retired = env.cluster.retired.findIndex((each) => 'database' in each && each.database === app);
  if (app === accountsOperator && env.cluster.signIn !== undefined) return [cluster, ['signIn', 'storage']];
  const operator = env.operators.find((each) => each.name === name);
  if (operator?.volumeSize !== undefined) return [cluster, operator.volumeSize];
  if (retired !== -1) return [cluster, ['retired', retired, 'storage']];
  if (databasesOf(env).some((database) => database.app === app))
    return [`apps/${app}/app.ts`, ['database', 'storage']];
  return [cluster, []];
}
