import { field, listField, textField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { kindOf } from '../kube/object-id.ts';
import { podTemplate } from '../kube/pod-template.ts';

/** A rule of RBAC, as plain data. */
export interface AccessRule {
  apiGroups?: string[];
  resources?: string[];
  resourceNames?: string[];
  nonResourceURLs?: string[];
  verbs: string[];
}

/** What the account of a release may do: rules of the whole cluster, and those of each namespace. */
export interface ReleaseAccess {
  cluster: AccessRule[];
  namespaces: ReadonlyMap<string, AccessRule[]>;
}

const rbac = 'rbac.authorization.k8s.io';

/**
 * What Helm needs to install exactly these objects: to make objects of their kinds, to change and remove those by name, to see
 * how their pods are, and to keep its own records. An account can give no right that it does not have (Kubernetes, 'Privilege
 * escalation prevention'), so it holds the rules of the chart's roles, and may bind the roles of others that the chart binds.
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

/** Helm keeps each revision of a release in a Secret whose name counts up. */
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

/** The rules that a role gives on. */
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

/** The role of others that a binding names. */
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

/** From `Kind.group` to the name of the resource, as CustomResourceDefinitions among the objects say it. */
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

/** All kinds of Kubernetes and of those that anybody uses here form their plural so. */
function pluralOf(object: KubeObject, plurals: ReadonlyMap<string, string>): string {
  const known = plurals.get(kindOf(object));
  if (known !== undefined) return known;
  const singular = object.kind.toLowerCase();
  if (singular === 'endpoints') return singular;
  if (/[^aeiou]y$/.test(singular)) return `${singular.slice(0, -1)}ies`;
  return /(?:s|x|ch)$/.test(singular) ? `${singular}es` : `${singular}s`;
}
