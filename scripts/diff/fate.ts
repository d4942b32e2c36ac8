import { parse } from 'yaml';
import { field, textField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { pruneAnnotation } from '../../charts/kube/never-pruned.ts';
import { kindOf } from '../../charts/kube/object-id.ts';

/**
 * The fate of an object whose manifest is removed: Flux deletes it; it is deleted with its namespace; or it
 * stays, because of its annotation, because its Kustomization does not prune, or because its Kustomization is
 * removed with the policy Orphan.
 */
export type Fate = 'pruned' | 'with-namespace' | 'annotated' | 'not-pruned' | 'orphaned';

/** An object whose manifest is removed, with the folder of its Kustomization: `manifests/dev/orders-db`. */
export interface Departure {
  object: KubeObject;
  folder: string;
}

/** The Kustomizations in manifests, by the folder that each applies. */
export function kustomizations(files: ReadonlyMap<string, string>): Map<string, KubeObject> {
  const found = new Map<string, KubeObject>();
  for (const [path, text] of files) {
    if (!/\/kustomization-[^/]+\.ya?ml$/.test(path)) continue;
    const object: unknown = parse(text, { logLevel: 'silent', strict: false });
    if (!isKubeObject(object) || kindOf(object) !== 'Kustomization.kustomize.toolkit.fluxcd.io') continue;
    const folder = textField(object, 'spec', 'path')?.replace(/^\.\//, '');
    if (folder?.startsWith('manifests/')) found.set(folder, object);
  }
  return found;
}

/** The rules of kustomize-controller (its `prune` and `finalize`) for objects of its inventory. */
export function fates(
  gone: readonly Departure[],
  before: ReadonlyMap<string, KubeObject>,
  after: ReadonlyMap<string, KubeObject>,
): Map<KubeObject, Fate> {
  const own = new Map(
    gone.map(({ object, folder }) => [object, fate(object, before.get(folder), after.get(folder))]),
  );
  const namespaces = new Set(
    gone
      .filter(({ object }) => object.kind === 'Namespace' && own.get(object) === 'pruned')
      .map(({ object }) => object.metadata.name),
  );
  return new Map(
    [...own].map(([object, found]) => {
      const { namespace } = object.metadata;
      const cascades = found !== 'pruned' && namespace !== undefined && namespaces.has(namespace);
      return [object, cascades ? 'with-namespace' : found];
    }),
  );
}

function fate(object: KubeObject, before: KubeObject | undefined, after: KubeObject | undefined): Fate {
  const marks = { ...object.metadata.labels, ...object.metadata.annotations };
  if (marks[pruneAnnotation] === 'disabled' || marks['helm.sh/resource-policy'] === 'keep')
    return 'annotated';
  // Without a known Kustomization, the worst case is assumed.
  if (before === undefined) return 'pruned';
  const prunes = (kustomization: KubeObject) => field(kustomization, 'spec', 'prune') === true;
  // Which of the two prunes it depends on when the new one arrives.
  if (after !== undefined) return prunes(before) || prunes(after) ? 'pruned' : 'not-pruned';
  const policy = textField(before, 'spec', 'deletionPolicy') ?? 'MirrorPrune';
  if (policy === 'Delete' || policy === 'WaitForTermination') return 'pruned';
  return policy === 'MirrorPrune' && prunes(before) ? 'pruned' : 'orphaned';
}
