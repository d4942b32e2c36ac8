import { parse } from 'yaml';
import { field, textField } from '../../charts/kube/field.ts';
import { isKubeObject, type KubeObject } from '../../charts/kube/kube-object.ts';
import { pruneAnnotation } from '../../charts/kube/never-pruned.ts';
import { kindOf } from '../../charts/kube/object-id.ts';

/**
 * What becomes in the cluster of an object whose manifest goes: Flux deletes it; it goes with its namespace; Flux leaves
 * it because it is annotated so, because its Kustomization prunes nothing, or because its Kustomization goes and says so.
 */
export type Fate = 'pruned' | 'with-namespace' | 'annotated' | 'not-pruned' | 'orphaned';

/** An object whose manifest goes, and the folder of its Kustomization: `manifests/dev/orders-db`. */
export interface Departure {
  object: KubeObject;
  folder: string;
}

/** The Kustomizations among manifests, by the folder that each applies. */
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

/** The rules of kustomize-controller (its `prune` and `finalize`), by which it works on the objects of its inventory. */
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
  // Of what no Kustomization is known, the worst.
  if (before === undefined) return 'pruned';
  const prunes = (kustomization: KubeObject) => field(kustomization, 'spec', 'prune') === true;
  // Which of the two does it depends on when the new one arrives.
  if (after !== undefined) return prunes(before) || prunes(after) ? 'pruned' : 'not-pruned';
  const policy = textField(before, 'spec', 'deletionPolicy') ?? 'MirrorPrune';
  if (policy === 'Delete' || policy === 'WaitForTermination') return 'pruned';
  return policy === 'MirrorPrune' && prunes(before) ? 'pruned' : 'orphaned';
}
