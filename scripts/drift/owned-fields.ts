import { field, listField, textField } from '../../charts/kube/field.ts';

/** A field of an object that somebody has written last, as the API server noted it (Kubernetes, 'Server-Side Apply', Field management). */
export interface OwnedField {
  /** As in differences: `spec.template.spec.containers[home].image`; a list item without a name as `[]`. */
  path: string;
  /** Name of the program that wrote it: `kubectl-edit`, `kustomize-controller`. */
  manager: string;
  /** When, in RFC 3339; absent if the API server did not note it. */
  time?: string;
  /** What it is now; absent in a list of metadata. */
  value?: unknown;
}

/** Field manager by which Flux applies manifests. */
export const fluxManager = 'kustomize-controller';

/** Label that Flux puts on every object that it applies: the Kustomization's name. */
export const appliedBy = 'kustomize.toolkit.fluxcd.io/name';
/** Label of its namespace. */
export const appliedIn = 'kustomize.toolkit.fluxcd.io/namespace';

/**
 * The fields in `metadata.managedFields` of an object, one for each manager that has written them. Those of its status are left out.
 * Without the object's other fields, as in a list of metadata, an item of a list is named by its key if that is a name.
 */
export function ownedFields(object: unknown): OwnedField[] {
  return listField(object, 'metadata', 'managedFields').flatMap((entry) => {
    const manager = textField(entry, 'manager');
    if (manager === undefined || textField(entry, 'subresource') === 'status') return [];
    const time = textField(entry, 'time');
    return fieldsIn(field(entry, 'fieldsV1'), object, '').map(
      (found): OwnedField => ({ ...found, manager, ...(time === undefined ? {} : { time }) }),
    );
  });
}

/** The fields of a set (sigs.k8s.io/structured-merge-diff, fieldpath, 'Serialization') that have none below them, and items of lists. */
function fieldsIn(set: unknown, value: unknown, path: string): Pick<OwnedField, 'path' | 'value'>[] {
  const entries = Object.entries(Object(set)).filter(([key]) => key !== '.');
  const own = { path, ...(value === undefined ? {} : { value }) };
  if (entries.length === 0) return path === '' ? [] : [own];
  const below = entries.flatMap(([key, inner]) => {
    const rest = key.slice(2);
    if (key.startsWith('f:'))
      return fieldsIn(inner, field(value, rest), path === '' ? rest : `${path}.${rest}`);
    const item = key.startsWith('k:') ? itemOf(value, JSON.parse(rest)) : undefined;
    return fieldsIn(inner, item?.value, `${path}[${item?.name ?? ''}]`);
  });
  return path.endsWith(']') && field(set, '.') !== undefined ? [own, ...below] : below;
}

/** An item of a list of maps by its key, such as `{"containerPort":8080,"protocol":"TCP"}`, and its name. */
function itemOf(list: unknown, key: Record<string, unknown>): { value: unknown; name?: string } {
  const value = (Array.isArray(list) ? list : []).find((item) =>
    Object.entries(key).every(([name, part]) => field(item, name) === part),
  );
  const name = textField(value, 'name') ?? (typeof key.name === 'string' ? key.name : undefined);
  return { value, ...(name === undefined ? {} : { name }) };
}

/** Who wrote a field, or something in it or around it; the last one first. */
export function ownersOf(path: string, owned: readonly OwnedField[]): OwnedField[] {
  return owned
    .filter((each) => isWithin(each.path, path) || isWithin(path, each.path))
    .sort((a, b) => (b.time ?? '').localeCompare(a.time ?? ''));
}

function isWithin(path: string, outer: string): boolean {
  return path === outer || (path.startsWith(outer) && /^[.[]/.test(path.slice(outer.length)));
}

/** Programs that set fields which manifests leave out: those of Kubernetes, Flux, the Git server and operators. */
const controllers =
  /^(kube-|kubelet$|k3s$|cloud-controller-manager$|gotk-|source-controller$|helm-controller$|notification-controller$|cert-manager|cainjector|trust-manager$|trust-roots$|manager$|traefik$|csi-|external-|.*-provisioner$|folder-artifacts$|git-server$)/;

/** Annotations by which commands ask Flux to look again: requests, not a state. */
const requests = /^metadata\.annotations\.reconcile\.fluxcd\.io\//;

/** Fields that neither Flux nor another controller has written: somebody by hand, or a program that the platform does not know. */
export function foreignFields(owned: readonly OwnedField[]): OwnedField[] {
  const ofFlux = new Set(owned.filter(({ manager }) => manager === fluxManager).map(({ path }) => path));
  const found = owned.filter(
    ({ path, manager }) =>
      manager !== fluxManager && !controllers.test(manager) && !ofFlux.has(path) && !requests.test(path),
  );
  // An item of a list includes the fields in it.
  return found.filter(
    (each) =>
      !found.some(
        ({ path, manager }) => path !== each.path && manager === each.manager && isWithin(each.path, path),
      ),
  );
}
