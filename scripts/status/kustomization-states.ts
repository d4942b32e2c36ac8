import { z } from 'zod';
import type { ClusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';
import { ownedFields } from '../drift/owned-fields.ts';

/** A Kustomization of Flux and its progress. */
export interface KustomizationState {
  name: string;
  namespace: string;
  /** Whether the newest revision of its source is applied and healthy. */
  ready: boolean;
  suspended: boolean;
  /** Flux's message; of a suspended one, who has suspended it and when. */
  message: string;
  /** The applied revision in Flux's notation: `main@sha1:…`; empty before the first one. */
  revision: string;
  dependsOn: string[];
  /** Name of the Kustomization for which it waits, if its message says so. */
  waitsFor?: string;
  /** The objects that Flux has applied. */
  inventory: InventoryEntry[];
}

/** An object that Flux has applied. */
export interface InventoryEntry {
  apiVersion: string;
  kind: string;
  name: string;
  namespace?: string;
}

const kustomizationList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        generation: z.number().optional(),
        managedFields: z.array(z.unknown()).optional(),
      }),
      spec: z.object({
        suspend: z.boolean().optional(),
        dependsOn: z.array(z.object({ name: z.string() })).optional(),
      }),
      status: z
        .object({
          observedGeneration: z.number().optional(),
          lastAppliedRevision: z.string().optional(),
          conditions: z
            .array(
              z.object({
                type: z.string(),
                status: z.string(),
                reason: z.string().optional(),
                message: z.string().optional(),
              }),
            )
            .optional(),
          inventory: z
            .object({ entries: z.array(z.object({ id: z.string(), v: z.string() })).optional() })
            .nullish(),
        })
        .optional(),
    }),
  ),
});

/** Every Kustomization of the cluster, by namespace and name; empty if Flux is not installed. */
export async function kustomizations(client: ClusterClient): Promise<KustomizationState[]> {
  const request = client.custom.listClusterCustomObject({
    group: 'kustomize.toolkit.fluxcd.io',
    version: 'v1',
    plural: 'kustomizations',
  });
  try {
    return readKustomizations(await ask(client, 'Kustomizations', request));
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

/** Parses a list of Kustomizations from the API server. */
export function readKustomizations(list: unknown): KustomizationState[] {
  return kustomizationList
    .parse(list)
    .items.map(({ metadata, spec, status }) => {
      const condition = status?.conditions?.find(({ type }) => type === 'Ready');
      const current = status?.observedGeneration === metadata.generation;
      const suspended = spec.suspend ?? false;
      const waitsFor = waitedFor(condition);
      return {
        name: metadata.name,
        namespace: metadata.namespace,
        ready: condition?.status === 'True' && current,
        suspended,
        message: suspended
          ? suspension({ metadata })
          : (condition?.message ?? 'Flux has not processed it yet'),
        revision: status?.lastAppliedRevision ?? '',
        dependsOn: (spec.dependsOn ?? []).map(({ name }) => name),
        ...(waitsFor === undefined || suspended ? {} : { waitsFor }),
        inventory: (status?.inventory?.entries ?? []).flatMap(({ id, v }) => inventoryEntry(id, v)),
      };
    })
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

/** The dependency in Flux's message: `dependency 'flux-system/traefik' is not ready`. */
function waitedFor(condition?: {
  reason?: string | undefined;
  message?: string | undefined;
}): string | undefined {
  if (condition?.reason !== 'DependencyNotReady') return undefined;
  return /dependency '(?:[^'/]+\/)?([^']+)'/.exec(condition.message ?? '')?.[1];
}

/** The person who suspended a Kustomization, and the time, as the API server recorded it. */
function suspension(object: { metadata: { managedFields?: unknown[] | undefined } }): string {
  const by = ownedFields(object).find(({ path }) => path === 'spec.suspend');
  if (by === undefined) return 'suspended';
  return `suspended by ${by.manager}${by.time === undefined ? '' : ` since ${by.time}`}`;
}

/** An object of an inventory by its id, `NAMESPACE_NAME_GROUP_KIND`, in which a colon of the name is `__` (fluxcd/cli-utils, `ObjMetadata`). */
function inventoryEntry(id: string, version: string): InventoryEntry[] {
  const [, namespace = '', name, group = '', kind] = /^([^_]*)_(.*)_([^_]*)_([^_]*)$/.exec(id) ?? [];
  if (name === undefined || kind === undefined) return [];
  return [
    {
      apiVersion: group === '' ? version : `${group}/${version}`,
      kind,
      name: name.replaceAll('__', ':'),
      ...(namespace === '' ? {} : { namespace }),
    },
  ];
}

/** A short revision: `main@sha1:d8f9…40 digits` becomes `main@d8f9…8 digits`. */
export function shortRevision(revision: string): string {
  return revision.replace(/(?:sha1|sha256):([0-9a-f]{8})[0-9a-f]*/, '$1');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
