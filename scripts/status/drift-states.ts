import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import { idOf, objectId } from '../../charts/kube/object-id.ts';
import type { ApiKind, RawObjects } from '../cluster/raw-objects.ts';
import { appliedBy, foreignFields, type OwnedField, ownedFields } from '../drift/owned-fields.ts';
import type { InventoryEntry, KustomizationState } from './kustomization-states.ts';

/** An object of a Kustomization that somebody has changed or deleted since Flux applied it. */
export interface KustomizationDrift {
  kustomization: string;
  /** `Deployment home/home`. */
  object: string;
  /** The fields that somebody has written, with who; empty if the object was deleted. */
  fields: OwnedField[];
}

/**
 * Changes in the cluster that are not from Git, found in the metadata of all objects that Flux has applied: one list for each kind. A field
 * that was removed leaves no trace there; `npm run diff -- --against cluster` finds it.
 */
export async function driftStates(
  api: RawObjects,
  states: readonly KustomizationState[],
): Promise<KustomizationDrift[]> {
  const entries = states.flatMap(({ name, inventory }) =>
    inventory.map((entry) => ({ ...entry, kustomization: name })),
  );
  const kinds = new Map(
    entries.map((entry) => [kindKey(entry), { apiVersion: entry.apiVersion, kind: entry.kind }]),
  );
  const lists = await Promise.all(
    [...kinds].map(async ([key, kind]: [string, ApiKind]) => {
      const objects = await api.listed(kind, { label: appliedBy, only: 'metadata' });
      const named = objects?.map((object) => [objectId(object), object] as const);
      return [key, named === undefined ? undefined : new Map(named)] as const;
    }),
  );
  const live = new Map(lists);
  return entries.flatMap((entry): KustomizationDrift[] => {
    const objects = live.get(kindKey(entry));
    if (objects === undefined) return [];
    const object = idOf(entry.kind, entry.name, entry.namespace);
    const { kustomization } = entry;
    const found = objects.get(object);
    if (found === undefined) return [{ kustomization, object, fields: [] }];
    if (isIfAbsent(found)) return [];
    const fields = foreignFields(ownedFields(found));
    return fields.length === 0 ? [] : [{ kustomization, object, fields }];
  });
}

function kindKey({ apiVersion, kind }: InventoryEntry): string {
  return `${apiVersion} ${kind}`;
}

/** `Deployment home/home: spec.replicas by kubectl-scale`. */
export function driftText({ object, fields }: KustomizationDrift): string {
  const [first] = fields;
  if (first === undefined) return `${object} was deleted`;
  const more = fields.length === 1 ? '' : ` and ${fields.length - 1} more fields`;
  return `${object}: ${first.path} by ${first.manager}${more}`;
}
