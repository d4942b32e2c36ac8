import { z } from 'zod';
import type { ClusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';

/** A Kustomization of Flux and its progress. */
export interface KustomizationState {
  name: string;
  namespace: string;
  /** Whether the newest revision of its source is applied and healthy. */
  ready: boolean;
  suspended: boolean;
  /** Flux's message. */
  message: string;
  /** The applied revision in Flux's notation: `main@sha1:…`; empty before the first one. */
  revision: string;
  dependsOn: string[];
}

const kustomizationList = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), namespace: z.string(), generation: z.number().optional() }),
      spec: z.object({
        suspend: z.boolean().optional(),
        dependsOn: z.array(z.object({ name: z.string() })).optional(),
      }),
      status: z
        .object({
          observedGeneration: z.number().optional(),
          lastAppliedRevision: z.string().optional(),
          conditions: z
            .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
            .optional(),
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
      return {
        name: metadata.name,
        namespace: metadata.namespace,
        ready: condition?.status === 'True' && current,
        suspended,
        message: suspended ? 'suspended' : (condition?.message ?? 'Flux has not processed it yet'),
        revision: status?.lastAppliedRevision ?? '',
        dependsOn: (spec.dependsOn ?? []).map(({ name }) => name),
      };
    })
    .sort((a, b) => compare(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`));
}

/** A short revision: `main@sha1:d8f9…40 digits` becomes `main@d8f9…8 digits`. */
export function shortRevision(revision: string): string {
  return revision.replace(/(?:sha1|sha256):([0-9a-f]{8})[0-9a-f]*/, '$1');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
