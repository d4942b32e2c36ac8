import type { Words } from '../../model/diagnostics/diagnostic.ts';
import type { PreviewLimits } from '../../model/schema/cluster/preview-limits.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { field, listField, textField } from '../kube/field.ts';
import { type Amount, cores, demandsOf, exceeds, jobsOf, mebibytes } from './capacity.ts';
import type { Inventory } from './inventory.ts';

/** A preview that needs more than a limit of `previews` in cluster.yaml. */
export interface OverQuota {
  limit: keyof PreviewLimits;
  words: Words;
}

/**
 * Finds previews whose objects need more than their ResourceQuota has: the API server would refuse some of their pods. A new pod beside an
 * old one counts, and the largest of the jobs. Quotas that an app writes itself are not checked.
 */
export function overQuota(inventory: Inventory): OverQuota[] {
  const demands = demandsOf(inventory);
  const jobs = jobsOf(inventory);
  const previews = new Set(inventory.env.apps.flatMap(({ name, preview }) => (preview ? [name] : [])));
  return inventory.all('ResourceQuota').flatMap(({ object }) => {
    const { namespace = '' } = object.metadata;
    if (!previews.has(namespace)) return [];
    const within = (each: { namespace: string }) => each.namespace === namespace;
    const [own, passing] = [demands.filter(within), jobs.filter(within)];
    const needs = (key: keyof Amount): number =>
      own.reduce((sum, { each, count, surges }) => sum + each[key] * (count + (surges ? 1 : 0)), 0) +
      Math.max(0, ...passing.map(({ each }) => each[key]));
    return [
      over(namespace, 'cpu', needs('cpu'), hardOf(object, 'requests.cpu'), cores),
      over(namespace, 'memory', needs('memory'), hardOf(object, 'requests.memory'), mebibytes),
      over(
        namespace,
        'storage',
        storageIn(inventory, namespace),
        hardOf(object, 'requests.storage'),
        mebibytes,
      ),
    ].flatMap((found) => found ?? []);
  });
}

function hardOf(quota: object, key: string): number {
  return quantityOf(field(quota, 'spec', 'hard', key)) ?? 0;
}

function over(
  namespace: string,
  limit: 'cpu' | 'memory' | 'storage',
  needed: number,
  allowed: number,
  unit: (amount: number) => string,
): OverQuota | undefined {
  if (!exceeds(needed, allowed)) return undefined;
  const words = {
    code: 'preview-over-quota',
    what: `the preview ${namespace} needs ${limit} ${unit(needed)}, and an app of a preview has ${unit(allowed)}`,
    why: 'the API server would refuse some of its pods or volumes, and it would never be ready',
    fix: `write previews: { ${limit}: … } with at least ${unit(needed)}, or let the app ask for less`,
  };
  return { limit, words };
}

/** Bytes of all volumes in a namespace. */
function storageIn(inventory: Inventory, namespace: string): number {
  const claims = inventory.in(namespace, 'PersistentVolumeClaim').map(({ object }) => requested(object.spec));
  const replicas = inventory
    .workloadsIn(namespace)
    .flatMap(({ object, replicas }) =>
      listField(object, 'spec', 'volumeClaimTemplates').map(
        (template) => requested(field(template, 'spec')) * replicas,
      ),
    );
  const databases = inventory
    .in(namespace, 'Cluster.postgresql.cnpg.io')
    .map(
      ({ object }) =>
        (quantityOf(textField(object.spec, 'storage', 'size')) ?? 0) *
        Number(field(object.spec, 'instances') ?? 1),
    );
  return [...claims, ...replicas, ...databases].reduce((sum, each) => sum + each, 0);
}

function requested(spec: unknown): number {
  return quantityOf(textField(spec, 'resources', 'requests', 'storage')) ?? 0;
}
