import { field, textField } from '../kube/field.ts';
import { grantsOf } from './grants.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Each workload has its own service account, and gets a token only if it has rights. */
export function checkAccounts(inventory: Inventory): Violation[] {
  const grants = grantsOf(inventory);
  return [
    ...inventory.workloads.flatMap((workload) => [
      ...checkOwn(inventory, workload),
      ...checkToken(inventory, workload, grants.has(accountOf(workload))),
    ]),
    ...checkUnused(inventory),
  ];
}

function accountOf({ namespace, account }: Workload): string {
  return `${namespace}/${account}`;
}

function checkOwn(inventory: Inventory, workload: Workload): Violation[] {
  const { namespace, account, component } = workload;
  const sharer = inventory
    .workloadsIn(namespace)
    .find((other) => other.object !== workload.object && other.account === account);
  const made = inventory
    .in(namespace, 'ServiceAccount')
    .some((owned) => owned.object.metadata.name === account && owned.component === component);
  if (made && sharer === undefined) return [];
  const what =
    account === 'default'
      ? 'runs as the default service account of its namespace'
      : sharer === undefined
        ? `runs as the service account ${account}, which its component does not create`
        : `shares the service account ${account} with ${sharer.object.kind} ${sharer.object.metadata.name}`;
  const fault = {
    what,
    why: 'rights granted to the other pod would apply to this one too',
    fix: 'give it its own service account: serviceAccount() of charts/kube/service-account.ts',
  };
  return [violation('service-account', workload, fault)];
}

function checkToken(inventory: Inventory, workload: Workload, granted: boolean): Violation[] {
  if (granted || !mountsToken(inventory, workload)) return [];
  const fault = {
    what: 'gets a token for the Kubernetes API without having rights there',
    why: 'an unused token only helps an attacker',
    fix: "set automountServiceAccountToken: false, or write uses: [{ kind: 'kubernetes', … }]",
    field: ['uses'],
  };
  return [violation('token-mount', workload, fault)];
}

/** The setting of the pod, else of its account, else true, the default of Kubernetes. */
function mountsToken(inventory: Inventory, { pod, namespace, account }: Workload): boolean {
  const own = inventory
    .in(namespace, 'ServiceAccount')
    .find(({ object }) => object.metadata.name === account)?.object;
  return (field(pod, 'automountServiceAccountToken') ?? own?.automountServiceAccountToken) !== false;
}

/** A binding whose account belongs to no pod with a token, nor to a Helm release. */
function checkUnused(inventory: Inventory): Violation[] {
  const releases = inventory.all('HelmRelease.helm.toolkit.fluxcd.io');
  const users = new Set([
    ...inventory.workloads
      .filter((workload) => mountsToken(inventory, workload))
      .map((each) => accountOf(each)),
    ...releases.map(
      ({ object }) =>
        `${object.metadata.namespace}/${textField(object, 'spec', 'serviceAccountName') ?? 'default'}`,
    ),
  ]);
  return [...grantsOf(inventory)]
    .filter(([account]) => !users.has(account))
    .flatMap(([account, bindings]) =>
      bindings.map((binding) =>
        violation('unused-rights', binding, {
          what: `grants rights to the service account ${account}, which no pod with a token uses`,
          why: 'an unused right can only be misused',
          fix: 'remove the binding, or set kubernetesApi: true for the pod that uses it',
        }),
      ),
    );
}
