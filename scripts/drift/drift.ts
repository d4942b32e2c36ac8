import { ApiException } from '@kubernetes/client-node';
import { isEncrypted } from '../../charts/kube/encrypted.ts';
import { field, textField } from '../../charts/kube/field.ts';
import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { kindOf, objectId } from '../../charts/kube/object-id.ts';
import { compareText } from '../../model/diagnostics/diagnostic.ts';
import type { ApiKind, RawObjects } from '../cluster/raw-objects.ts';
import { reason } from '../cluster/request.ts';
import type { Placed } from '../diff/placed.ts';
import { hasArtifact } from '../flux/progress.ts';
import { changes } from '../objects/object-changes.ts';
import { asDecrypted } from '../verify/as-decrypted.ts';
import {
  appliedBy,
  appliedIn,
  fluxManager,
  foreignFields,
  type OwnedField,
  ownedFields,
  ownersOf,
} from './owned-fields.ts';

/** A field that is not as the manifest says. */
export interface DriftedField {
  /** `spec.template.spec.containers[home].image`. */
  path: string;
  /** Value in the cluster; absent if the field is not there, or if it is a value of a Secret. */
  is?: unknown;
  /** Value that Flux would write; absent if the manifest leaves the field out, or if it is a value of a Secret. */
  wanted?: unknown;
  /** Who wrote the value last; absent if the API server does not say, as for a removed field. */
  by?: { manager: string; time?: string };
}

/** How an object in the cluster and its manifest differ. */
export interface ObjectDrift {
  /** `Deployment home/home`. */
  object: string;
  /** Its manifest; absent for an object that no manifest has. */
  file?: string;
  /** The Kustomization that applies it, if Flux has applied it. */
  kustomization?: string;
  /**
   * - `drifted`: somebody changed fields that Flux had applied, or added some.
   * - `missing`: it is not in the cluster.
   * - `foreign`: it is in the cluster, and Flux did not make it.
   * - `pending`: its manifest has changed since Flux applied it.
   * - `refused`: the API server refuses what the manifest says now.
   * - `left`: Flux applied it, and no manifest has it any more.
   */
  state: 'drifted' | 'missing' | 'foreign' | 'pending' | 'refused' | 'left';
  fields: DriftedField[];
  /** The API server's message; only if `refused`. */
  message?: string;
}

/** Number of parallel requests. */
const lanes = 8;

/**
 * Compares manifests with a cluster: one list of each kind, and for each object a dry run of what Flux would apply. Nothing is stored.
 * Objects that Flux only makes if they are missing are left out, and those of Helm charts, which helm-controller applies.
 */
export async function driftOf(api: RawObjects, manifests: readonly Placed[]): Promise<ObjectDrift[]> {
  const wanted = manifests.filter(({ object }) => !isIfAbsent(object));
  const live = await liveObjects(
    api,
    manifests.map(({ object }) => object),
  );
  const changed = changedFolders(manifests, live);
  const found = await inLanes(wanted, (placed) =>
    objectDrift(api, placed, { live: live.get(keyOf(placed.object)), changed: isIn(changed, placed) }),
  );
  const named = new Set(manifests.map(({ object }) => keyOf(object)));
  const left = [...live]
    .filter(
      ([key, object]) => !named.has(key) && field(object, 'metadata', 'deletionTimestamp') === undefined,
    )
    .map(
      ([, object]): ObjectDrift => ({
        ...idOf(object),
        state: 'left',
        fields: [],
      }),
    );
  return [...found.flatMap((each) => each ?? []), ...left].sort((a, b) => compareText(a.object, b.object));
}

async function liveObjects(
  api: RawObjects,
  objects: readonly KubeObject[],
): Promise<Map<string, KubeObject>> {
  const kinds = new Map(
    objects.map(({ apiVersion, kind }): [string, ApiKind] => [`${apiVersion} ${kind}`, { apiVersion, kind }]),
  );
  const lists = await inLanes([...kinds.values()], (kind) => api.listed(kind, { label: appliedBy }));
  return new Map(lists.flatMap((list) => list ?? []).map((object) => [keyOf(object), object]));
}

/**
 * Folders of Kustomizations whose manifests are others than those that the cluster was told to apply: a field or an object that is not
 * there can be one that was never applied. The root's folder has no artifact, and changes with the others.
 */
function changedFolders(manifests: readonly Placed[], live: ReadonlyMap<string, KubeObject>): Set<string> {
  const folders = manifests.flatMap(({ object, file }) => {
    if (!hasArtifact(object)) return [];
    const [wanted, is] = [object, live.get(keyOf(object))].map((each) =>
      textField(each, 'spec', 'sourceRef', 'name'),
    );
    if (wanted === is) return [];
    return [folderOf(file), (textField(object, 'spec', 'path') ?? '').replace(/^\.\//, '')];
  });
  return new Set(folders);
}

function isIn(folders: ReadonlySet<string>, { file }: Placed): boolean {
  return folders.has(folderOf(file));
}

function folderOf(file: string): string {
  return file.slice(0, file.lastIndexOf('/'));
}

/** @param given `changed`: the manifests of its folder are not those that Flux has applied. */
async function objectDrift(
  api: RawObjects,
  { object, file }: Placed,
  { live, changed }: { live: KubeObject | undefined; changed: boolean },
): Promise<ObjectDrift | undefined> {
  const base = { object: objectId(object), file };
  try {
    if (live === undefined) {
      const there = await api.found(object);
      if (there !== undefined) return { ...base, state: 'foreign', fields: [] };
      return { ...base, state: changed ? 'pending' : 'missing', fields: [] };
    }
    const applied = await api.dryRunApply(asFluxApplies(object, live), fluxManager);
    const owned = ownedFields(live);
    const differing = changes(comparable(live), comparable(applied))
      // Another artifact is shown by the objects in it.
      .filter(({ path }) => !(hasArtifact(object) && path === 'spec.sourceRef.name'))
      // Only Flux can decrypt the values, so they are placeholders here.
      .filter(({ path, before, after }) => !(isEncrypted(object) && isValue(path) && before && after))
      .map(({ path, before, after }): DriftedField => {
        const owners = before === undefined ? [] : ownersOf(path, owned);
        const owner = owners.find(({ manager }) => manager !== fluxManager) ?? owners[0];
        return driftedField(object, { path, is: before, wanted: after }, owner);
      });
    const added = foreignFields(owned)
      .filter(({ path }) => !differing.some((each) => each.path === path || path.startsWith(each.path)))
      .map((owner) => driftedField(object, { path: owner.path, is: owner.value }, owner));
    const fields = [...differing, ...added];
    if (fields.length === 0) return undefined;
    const { kustomization } = idOf(live);
    const drifted = fields.some(({ by }) => (by === undefined ? !changed : by.manager !== fluxManager));
    return {
      ...base,
      ...(kustomization === undefined ? {} : { kustomization }),
      state: drifted ? 'drifted' : 'pending',
      fields,
    };
  } catch (error) {
    if (!(error instanceof ApiException) && !isUnserved(error)) throw error;
    return { ...base, state: 'refused', fields: [], message: reason(error) };
  }
}

/** The client's error if the API server does not serve the kind. */
function isUnserved(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unrecognized API version and kind');
}

/** A manifest with what Flux adds to it: the labels of its Kustomization. */
function asFluxApplies(object: KubeObject, live: KubeObject): KubeObject {
  const labels = [appliedBy, appliedIn].flatMap((label): [string, string][] => {
    const value = live.metadata.labels?.[label];
    return value === undefined ? [] : [[label, value]];
  });
  const { metadata, ...rest } = asDecrypted(object);
  return {
    ...rest,
    metadata: { ...metadata, labels: { ...metadata.labels, ...Object.fromEntries(labels) } },
  } as KubeObject;
}

/** Without what the API server writes itself. */
function comparable(object: unknown): unknown {
  if (!isKubeObject(object)) throw new Error('the API server answered something else than an object');
  const { status: _, metadata, ...rest } = object;
  const { managedFields, resourceVersion, generation, uid, creationTimestamp, ...named } = metadata;
  return { ...rest, metadata: named };
}

/** A field with its owner; without its values if they are those of a Secret. */
function driftedField(
  object: KubeObject,
  { path, is, wanted }: DriftedField,
  owner: OwnedField | undefined,
): DriftedField {
  const by =
    owner === undefined
      ? {}
      : { by: { manager: owner.manager, ...(owner.time === undefined ? {} : { time: owner.time }) } };
  if (object.kind === 'Secret' && isValue(path)) return { path, ...by };
  return {
    path,
    ...(is === undefined ? {} : { is }),
    ...(wanted === undefined ? {} : { wanted }),
    ...by,
  };
}

/** Whether a path is a value of a Secret. */
function isValue(path: string): boolean {
  return /^(data|stringData)(\.|$)/.test(path);
}

function idOf(object: KubeObject): { object: string; kustomization?: string } {
  const kustomization = textField(object, 'metadata', 'labels', appliedBy);
  return { object: objectId(object), ...(kustomization === undefined ? {} : { kustomization }) };
}

/** Another version of the API is only another form of the same object. */
function keyOf(object: KubeObject): string {
  return `${kindOf(object)} ${object.metadata.namespace ?? ''}/${object.metadata.name}`;
}

async function inLanes<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Array<R>(items.length);
  const queue = items.entries();
  const lane = async (): Promise<void> => {
    for (const [i, item] of queue) results[i] = await work(item);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
