import { field, listField, textField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { podTemplate } from '../../charts/kube/pod-template.ts';

/** The controller whose facts are wanted, as its manifests name it. */
export interface ControllerNames {
  /** Deployment or DaemonSet; absent where only rights are compared. */
  workload?: string;
  /** ServiceAccount. Default: that of the workload. */
  account?: string;
  /** Expressions for the controller's own namespace. */
  namespaces: readonly string[];
}

/**
 * Properties that a new version of a controller can change, one per line: rights by scope and resource, arguments, webhooks. Two sets of
 * manifests give the same lines where they come to the same, whatever the names and the number of their objects.
 */
export function factsOf(objects: readonly KubeObject[], names: ControllerNames): Set<string> {
  const workload = objects.find(
    ({ kind, metadata }) => /^(Deployment|DaemonSet)$/.test(kind) && metadata.name === names.workload,
  );
  if (names.workload !== undefined && workload === undefined)
    throw new Error(`the manifests have no Deployment or DaemonSet ${names.workload}`);
  const account =
    names.account ?? textField(workload && podTemplate(workload), 'spec', 'serviceAccountName') ?? 'default';
  return new Set([
    ...rights(objects, account, names.namespaces),
    ...(workload === undefined ? [] : argumentsOf(workload)),
    ...objects.flatMap(webhooks),
  ]);
}

/** `cluster secrets: get list`, `own leases.coordination.k8s.io[NAME]: update`, `role system:auth-delegator in cluster`. */
function rights(objects: readonly KubeObject[], account: string, namespaces: readonly string[]): string[] {
  const verbs = new Map<string, Set<string>>();
  const lines: string[] = [];
  for (const binding of objects) {
    if (!listField(binding, 'subjects').some((each) => textField(each, 'name') === account)) continue;
    const scope = scopeOf(binding, namespaces);
    const kind = textField(binding, 'roleRef', 'kind');
    const name = textField(binding, 'roleRef', 'name');
    const role = objects.find(
      (each) =>
        each.kind === kind &&
        each.metadata.name === name &&
        // Roles of one name in several namespaces can differ.
        (kind !== 'Role' || each.metadata.namespace === binding.metadata.namespace),
    );
    // A role of Kubernetes itself.
    if (role === undefined) lines.push(`role ${name} in ${scope}`);
    for (const rule of listField(role, 'rules')) {
      for (const right of rightsOf(rule)) {
        const key = `${scope} ${right}`;
        const known = verbs.get(key) ?? new Set();
        verbs.set(key, known);
        for (const verb of texts(rule, 'verbs')) known.add(verb);
      }
    }
  }
  return [...lines, ...[...verbs].map(([right, all]) => `${right}: ${[...all].sort().join(' ')}`)];
}

function scopeOf({ kind, metadata }: KubeObject, namespaces: readonly string[]): string {
  if (kind === 'ClusterRoleBinding') return 'cluster';
  const { namespace } = metadata;
  return namespace === undefined || namespaces.includes(namespace) ? 'own' : namespace;
}

function rightsOf(rule: unknown): string[] {
  const named = texts(rule, 'resourceNames');
  const only = named.length === 0 ? '' : `[${named.join(',')}]`;
  return [
    ...texts(rule, 'nonResourceURLs'),
    ...texts(rule, 'apiGroups').flatMap((group) =>
      texts(rule, 'resources').map((resource) => `${resource}${group === '' ? '' : `.${group}`}${only}`),
    ),
  ];
}

/** `argument --leader-elect`, of the first container, without `=true` of a flag; the program's own path is left out. */
function argumentsOf(workload: KubeObject): string[] {
  const [container] = listField(podTemplate(workload), 'spec', 'containers');
  return [...texts(container, 'command').slice(1), ...texts(container, 'args')].map(
    (argument) => `argument ${argument.replace(/^(--[\w-]+)=true$/, '$1')}`,
  );
}

/** `webhook mutating mcluster.cnpg.io: CREATE UPDATE clusters.postgresql.cnpg.io/v1, Fail, PATH`, with the defaults of Kubernetes. */
function webhooks(configuration: KubeObject): string[] {
  const kind = /^(Mutating|Validating)WebhookConfiguration$/.exec(configuration.kind)?.[1]?.toLowerCase();
  if (kind === undefined) return [];
  return listField(configuration, 'webhooks').flatMap((webhook) =>
    listField(webhook, 'rules').map((rule) => {
      const kinds = texts(rule, 'apiGroups').flatMap((group) =>
        texts(rule, 'resources').map((each) => `${each}.${group}/${texts(rule, 'apiVersions').join('+')}`),
      );
      const settings = [
        textField(webhook, 'failurePolicy') ?? 'Fail',
        textField(webhook, 'matchPolicy') ?? 'Equivalent',
        `side effects ${textField(webhook, 'sideEffects')}`,
        `${field(webhook, 'timeoutSeconds') ?? 10} s`,
        ...(field(webhook, 'namespaceSelector') === undefined ? [] : ['some namespaces']),
        textField(webhook, 'clientConfig', 'service', 'path') ?? '/',
      ];
      const operations = texts(rule, 'operations').join(' ');
      return `webhook ${kind} ${textField(webhook, 'name')}: ${operations} ${kinds.join(' ')}, ${settings.join(', ')}`;
    }),
  );
}

function texts(value: unknown, key: string): string[] {
  return listField(value, key).map(String);
}

/** `argument --v`: the flags that a template of Helm can set, without their values. */
export function flagsIn(template: string): string[] {
  return [...template.matchAll(/^\s*- ["']?(--[\w-]+)/gm)].map(([, flag]) => `argument ${flag}`);
}
