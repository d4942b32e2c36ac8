import { egressNamespace } from '../app/internet.ts';
import { field, listField } from '../kube/field.ts';
import { selectsAll } from '../kube/label-selector.ts';
import { objectId } from '../kube/object-id.ts';
import type { Inventory, Owned, Workload } from './inventory.ts';
import { type AllowedTraffic, type Direction, isAnybody, policiesOf, trafficOf } from './policies.ts';
import { type Violation, violation } from './violation.ts';

const directions: readonly Direction[] = ['Ingress', 'Egress'];

/** Every namespace denies traffic by default, and a policy that allows any peer needs an exception. */
export function checkIsolation(inventory: Inventory): Violation[] {
  return [
    ...inventory.workloads.flatMap((workload) =>
      directions.flatMap((direction) => [
        ...checkDefault(inventory, workload, direction),
        ...checkOpen(inventory, workload, direction),
      ]),
    ),
  ];
}

function checkDefault(inventory: Inventory, workload: Workload, direction: Direction): Violation[] {
  const { namespace } = workload;
  const ours = inventory.namespace(namespace) !== undefined;
  const policies = policiesOf(inventory, workload, direction);
  // A namespace of others has other pods too: there it is enough that this one is closed.
  if (ours ? policies.some(({ object }) => selectsAll(field(object, 'spec', 'podSelector'))) : policies[0])
    return [];
  return [
    violation(direction === 'Ingress' ? 'default-deny-ingress' : 'default-deny-egress', workload, {
      what:
        direction === 'Ingress'
          ? `can be reached by anybody: ${namespace} denies nothing that comes in`
          : `can reach everybody: ${namespace} denies nothing that goes out`,
      why: 'who gets into one pod of the cluster would get to this one, or from it to all others',
      fix: ours
        ? `add denyAll(chart, '${namespace}', ['Ingress', 'Egress']) of charts/kube/network-policy.ts`
        : 'add allow() of charts/kube/network-policy.ts with what it needs',
    }),
  ];
}

function checkOpen(inventory: Inventory, workload: Workload, direction: Direction): Violation[] {
  return trafficOf(policiesOf(inventory, workload, direction), direction)
    .filter(({ peers }) => peers.length === 0 || peers.some(isAnybody))
    .flatMap((traffic) => {
      const ports = listField({ ports: traffic.ports }, 'ports').map((port) => field(port, 'port'));
      const meant =
        direction === 'Ingress'
          ? (port: unknown) => isPublic(inventory, workload, port)
          : (port: unknown) =>
              isProxy(workload, traffic) ||
              (port === kubernetesApi && field(workload.pod, 'automountServiceAccountToken') === true);
      if (ports.length > 0 && ports.every(meant)) return [];
      return [openViolation(workload, traffic, direction, ports)];
    });
}

/** Whether a way out is that of a proxy of operators/egress, which knows the names of hosts: to no private address. */
function isProxy({ namespace }: Workload, { peers }: AllowedTraffic): boolean {
  return namespace === egressNamespace && peers.every((peer) => !isAnybody(peer) || leavesOut(peer));
}

function leavesOut(peer: unknown): boolean {
  const left = listField(peer, 'ipBlock', 'except');
  return ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '127.0.0.0/8'].every((network) =>
    left.includes(network),
  );
}

/** Where the API server listens on the nodes; see `toKubernetesApi`. */
const kubernetesApi = 6443;

/**
 * Whether requests come to a port from outside of the pods: through a port of the nodes, or from the API server, whose
 * address no selector knows.
 */
function isPublic(inventory: Inventory, { namespace, pod }: Workload, port: unknown): boolean {
  const names = listField(pod, 'containers')
    .flatMap((container) => listField(container, 'ports'))
    .filter((each) => field(each, 'containerPort') === port)
    .map((each) => field(each, 'name'));
  return inventory
    .in(namespace, 'Service')
    .filter(({ object }) => {
      const type = field(object, 'spec', 'type');
      return type === 'NodePort' || type === 'LoadBalancer' || isAskedByApiServer(inventory, object.metadata);
    })
    .flatMap(({ object }) => listField(object, 'spec', 'ports'))
    .some((each) => {
      const target = field(each, 'targetPort') ?? field(each, 'port');
      return target === port || names.includes(target);
    });
}

/** Whether the API server asks a Service: for an API of its own, or as a webhook. */
function isAskedByApiServer(inventory: Inventory, service: { name: string; namespace?: string }): boolean {
  const names = (reference: unknown) =>
    field(reference, 'name') === service.name && field(reference, 'namespace') === service.namespace;
  const webhooks = ['Validating', 'Mutating'].flatMap((kind) =>
    inventory.all(`${kind}WebhookConfiguration.admissionregistration.k8s.io`),
  );
  return (
    inventory
      .all('APIService.apiregistration.k8s.io')
      .some(({ object }) => names(field(object, 'spec', 'service'))) ||
    webhooks
      .flatMap(({ object }) => listField(object, 'webhooks'))
      .some((webhook) => names(field(webhook, 'clientConfig', 'service')))
  );
}

function openViolation(
  workload: Owned,
  { policy }: AllowedTraffic,
  direction: Direction,
  ports: unknown[],
): Violation {
  const through = ports.length === 0 ? 'every port' : `port ${ports.join(', ')}`;
  return violation(direction === 'Ingress' ? 'open-ingress' : 'open-egress', workload, {
    what:
      direction === 'Ingress'
        ? `lets anybody in through ${through} (${objectId(policy.object)})`
        : `may go out to anybody through ${through} (${objectId(policy.object)})`,
    why: 'a flow has two ends, and only what was declared may flow',
    fix: 'name the peers of the flow: pods() or everyPodOf() of charts/kube/network-policy.ts',
    field: ['uses'],
  });
}
