import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { kindOf } from '../kube/object-id.ts';
import { podTemplate } from '../kube/pod-template.ts';

/** An RBAC rule as plain data. */
export interface AccessRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** Rights of a release's account: cluster-wide rules, and rules by namespace. */
export interface ReleaseAccess {
  cluster: AccessRule[];
  namespaces: ReadonlyMap<string, AccessRule[]>;
}

const rbac = 'rbac.authorization.k8s.io';

/**
 * The rights with which Helm installs exactly these objects: create objects of their kinds, change and delete
 * those by name, read the status of their pods, and keep its own records. An account can only grant rights
 * that it has (Kubernetes, 'Privilege escalation prevention'), so it has the rules of the chart's roles, and
 * may bind the existing roles that the chart binds.
 */
export function accessFor(namespace: string, templated: readonly KubeObject[]): ReleaseAccess {
  const cluster: AccessRule[] = [];
  const namespaces = new Map<string, AccessRule[]>([[namespace, [...records]]]);
  const rulesOf = (space: string | undefined): AccessRule[] => {
    if (space === undefined) return cluster;
    const rules = namespaces.get(space) ?? [];
    namespaces.set(space, rules);
    return rules;
  };
  const plurals = pluralsOf(templated);
  const places = Map.groupBy(templated, (object) => `${object.metadata.namespace ?? ''} ${kindOf(object)}`);
  for (const objects of places.values()) {
    const [first] = objects;
    if (first === undefined) continue;
    const rules = rulesOf(first.metadata.namespace);
    const [apiGroups, resources] = [[groupOf(first)], [pluralOf(first, plurals)]];
    const resourceNames = [...new Set(objects.map(({ metadata }) => metadata.name))].sort();
    rules.push(
      { apiGroups, resources, verbs: ['create', 'list', 'watch'] },
      { apiGroups, resources, resourceNames, verbs: ['get', 'update', 'patch', 'delete'] },
    );
    rules.push(...objects.flatMap(held), ...objects.flatMap((object) => bound(object, templated)));
  }
  const spaces = templated.filter((object) => podTemplate(object) !== undefined);
  for (const space of new Set(spaces.map(({ metadata }) => metadata.namespace))) rulesOf(space).push(...pods);
  return {
    cluster: unique(cluster),
    namespaces: new Map([...namespaces].map(([space, rules]) => [space, unique(rules)])),
  };
}

/** Helm stores each revision of a release in a Secret with a numbered name. */
const records: readonly AccessRule[] = [
  {
    apiGroups: [''],
    resources: ['secrets'],
    verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'],
  },
];

/** Rights to read the status of applied objects. */
const pods: readonly AccessRule[] = [
  { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: ['apps'], resources: ['replicasets'], verbs: ['get', 'list', 'watch'] },
];

/** The rules of a role. */
function held(object: KubeObject): AccessRule[] {
  if (groupOf(object) !== rbac || !['Role', 'ClusterRole'].includes(object.kind)) return [];
  return listField(object, 'rules').map((rule) => {
    const part = (key: keyof AccessRule) => {
      const values = listField(rule, key).map(String);
      return values.length === 0 ? {} : { [key]: values };
    };
    return {
      ...part('apiGroups'),
      ...part('resources'),
      ...part('resourceNames'),
      ...part('nonResourceURLs'),
      verbs: listField(rule, 'verbs').map(String),
    };
  });
}

/** The existing role that a binding names. */
function bound(object: KubeObject, templated: readonly KubeObject[]): AccessRule[] {
  if (groupOf(object) !== rbac || !object.kind.endsWith('Binding')) return [];
  const [kind, name] = [textField(object, 'roleRef', 'kind'), textField(object, 'roleRef', 'name')];
  if (kind === undefined || name === undefined) return [];
  const own = templated.some(
    (each) =>
      each.kind === kind &&
      each.metadata.name === name &&
      (kind === 'ClusterRole' || each.metadata.namespace === object.metadata.namespace),
  );
  if (own) return [];
  return [
    { apiGroups: [rbac], resources: [`${kind.toLowerCase()}s`], resourceNames: [name], verbs: ['bind'] },
  ];
}

function unique(rules: readonly AccessRule[]): AccessRule[] {
  return [...new Map(rules.map((rule) => [JSON.stringify(rule), rule])).values()];
}

function groupOf({ apiVersion }: KubeObject): string {
  const slash = apiVersion.indexOf('/');
  return slash === -1 ? '' : apiVersion.slice(0, slash);
}

/** Map from `Kind.group` to the name of the resource, from CustomResourceDefinitions among the objects. */
function pluralsOf(templated: readonly KubeObject[]): Map<string, string> {
  return new Map(
    templated.flatMap((object) => {
      const plural = textField(object, 'spec', 'names', 'plural');
      if (object.kind !== 'CustomResourceDefinition' || plural === undefined) return [];
      const kind = `${String(field(object, 'spec', 'names', 'kind'))}.${String(field(object, 'spec', 'group'))}`;
      return [[kind, plural] as const];
    }),
  );
}

/** The regular plural, which all kinds of Kubernetes and of common operators have. */
function pluralOf(object: KubeObject, plurals: ReadonlyMap<string, string>): string {
  const known = plurals.get(kindOf(object));
  if (known !== undefined) return known;
  const singular = object.kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(?:s|x|ch)$/.test(singular) ? `${singular}es` : `${singular}s`;
}
