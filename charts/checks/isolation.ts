import { egressNamespace } from '../app/internet.ts';
import { field, listField } from '../kube/field.ts';
import { selectsAll } from '../kube/label-selector.ts';
import { kubernetesApiPort } from '../kube/network-policy.ts';
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
  // A foreign namespace has other pods too; there only this workload's pods must be isolated.
  if (ours ? policies.some(({ object }) => selectsAll(field(object, 'spec', 'podSelector'))) : policies[0])
    return [];
  return [
    violation(direction === 'Ingress' ? 'default-deny-ingress' : 'default-deny-egress', workload, {
      what:
        direction === 'Ingress'
          ? `accepts traffic from any pod: ${namespace} has no default deny for ingress`
          : `can send traffic to any pod: ${namespace} has no default deny for egress`,
      why: 'an attacker in one pod could reach this pod, or all others from it',
      fix: ours
        ? `add denyAll(chart, '${namespace}', ['Ingress', 'Egress']) of charts/kube/network-policy.ts`
        : 'add allow() of charts/kube/network-policy.ts with the needed flows',
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
              (port === kubernetesApiPort && field(workload.pod, 'automountServiceAccountToken') === true);
      if (ports.length > 0 && ports.every(meant)) return [];
      return [openViolation(workload, traffic, direction, ports)];
    });
}

/**
 * Whether an egress rule is that of an egress proxy, which checks host names and excludes private addresses.
 */
function isProxy({ namespace }: Workload, { peers }: AllowedTraffic): boolean {
  return namespace === egressNamespace && peers.every((peer) => !isAnybody(peer) || leavesOut(peer));
}

function leavesOut(peer: unknown): boolean {
  const left = listField(peer, 'ipBlock', 'except');
  return ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', '127.0.0.0/8'].every((network) =>
    left.includes(network),
  );
}

/**
 * Whether requests reach a port from outside of the pods: through a port of the nodes, or from the API
 * server, which no selector matches.
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

/** Whether the API server calls a Service, as an aggregated API or as a webhook. */
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
        ? `allows ingress from any address on ${through} (${objectId(policy.object)})`
        : `allows egress to any address on ${through} (${objectId(policy.object)})`,
    why: 'a flow names both ends, so that only declared traffic is allowed',
    fix: 'name the peers of the flow: pods() or everyPodOf() of charts/kube/network-policy.ts',
    field: ['uses'],
  });
}
