import { field } from '../kube/field.ts';
import { grantsOf } from './grants.ts';
import type { Inventory, Workload } from './inventory.ts';
import { type Violation, violation } from './violation.ts';

/** Each workload is somebody of its own, and proves it to the API server only where it has a right there. */
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
        ? `runs as the service account ${account}, which its component does not make`
        : `shares the service account ${account} with ${sharer.object.kind} ${sharer.object.metadata.name}`;
  const fault = {
    what,
    why: 'a right that is given to another pod would be given to this one too',
    fix: 'give it a service account of its own: serviceAccount() of charts/kube/service-account.ts',
  };
  return [violation('service-account', workload, fault)];
}

function checkToken(inventory: Inventory, workload: Workload, granted: boolean): Violation[] {
  if (granted || !mountsToken(inventory, workload)) return [];
  const fault = {
    what: 'gets a token for the Kubernetes API, where it may do nothing',
    why: 'a token that nobody uses is only of use to who steals it',
    fix: "set automountServiceAccountToken: false, or write uses: [{ kind: 'kubernetes', … }]",
    field: ['uses'],
  };
  return [violation('token-mount', workload, fault)];
}

/** The pod says it, or else its account, or else it does. */
function mountsToken(inventory: Inventory, { pod, namespace, account }: Workload): boolean {
  const own = inventory
    .in(namespace, 'ServiceAccount')
    .find(({ object }) => object.metadata.name === account)?.object;
  return (field(pod, 'automountServiceAccountToken') ?? own?.automountServiceAccountToken) !== false;
}

/** A right that no pod can make use of. */
function checkUnused(inventory: Inventory): Violation[] {
  const users = new Set(
    inventory.workloads.filter((workload) => mountsToken(inventory, workload)).map((each) => accountOf(each)),
  );
  return [...grantsOf(inventory)]
    .filter(([account]) => !users.has(account))
    .flatMap(([account, bindings]) =>
      bindings.map((binding) =>
        violation('unused-rights', binding, {
          what: `gives rights to the service account ${account}, which no pod that gets a token runs as`,
          why: 'a right that nobody uses waits for somebody to misuse it',
          fix: 'take the binding out, or set kubernetesApi: true where it is used',
        }),
      ),
    );
}
