import type { EnvironmentApp } from '../../model/graph.ts';
import { field } from '../kube/field.ts';
import { objectId } from '../kube/object-id.ts';
import type { Inventory, Workload } from './inventory.ts';
import {
  type AllowedTraffic,
  type Direction,
  namespaceOfPeer,
  opens,
  policiesOf,
  takes,
  trafficOf,
} from './policies.ts';
import { type Violation, violation } from './violation.ts';

/** Flows must be allowed at both ends, and between two apps only if one uses the other. */
export function checkFlows(inventory: Inventory): Violation[] {
  const apps = new Map(inventory.env.apps.map((app) => [app.name, app]));
  return inventory.workloads.flatMap((workload) =>
    (['Ingress', 'Egress'] as const).flatMap((direction) =>
      trafficOf(policiesOf(inventory, workload, direction), direction).flatMap((traffic) =>
        traffic.peers.flatMap((peer) => checkPeer(inventory, apps, workload, traffic, peer, direction)),
      ),
    ),
  );
}

/** Kinds whose operator creates the pods; only their network policies are known here. */
const podMakers = ['Cluster.postgresql.cnpg.io'];

function checkPeer(
  inventory: Inventory,
  apps: ReadonlyMap<string, EnvironmentApp>,
  workload: Workload,
  traffic: AllowedTraffic,
  peer: unknown,
  direction: Direction,
): Violation[] {
  const home = traffic.policy.object.metadata.namespace ?? 'default';
  const namespace = namespaceOfPeer(peer, home);
  // Several namespaces: traffic from the gateway to every namespace that admits it.
  if (namespace === undefined) return [];
  const ours = inventory.namespace(namespace) !== undefined;
  const made = podMakers.some((kind) => inventory.in(namespace, kind).length > 0);
  const others = inventory.workloadsIn(namespace).filter((other) => takes(inventory, peer, home, other));
  if (others.length === 0 && (!ours || made)) return [];
  const undeclared = others.filter((other) => !isDeclared(apps, workload, other, direction));
  const answered = others.some((other) =>
    traffic.ports.every((port) => letsThrough(inventory, other, workload, port, direction)),
  );
  const ports = traffic.ports.map((port) => field(port, 'port')).join(', ') || 'all';
  const whom =
    others.map(({ object }) => objectId(object)).join(', ') ||
    `a pod in ${namespace} that no component creates`;
  return [
    ...undeclared.map((other) =>
      violation('undeclared-flow', workload, {
        what:
          direction === 'Ingress'
            ? `allows ingress from ${objectId(other.object)}, whose app does not use ${workload.component}`
            : `allows egress to ${objectId(other.object)}, which ${workload.component} does not use`,
        why: 'flows between apps come only from edges in app.ts',
        fix: `remove it from ${objectId(traffic.policy.object)}, or declare the use in app.ts`,
        field: ['uses'],
      }),
    ),
    ...(answered
      ? []
      : [
          violation('one-sided-flow', workload, {
            what:
              direction === 'Ingress'
                ? `allows ingress from ${whom} (port ${ports}), which does not allow the egress`
                : `allows egress to ${whom} (port ${ports}), which does not allow the ingress`,
            why: 'a flow needs both ends, so this rule is wrong or unused',
            fix: `allow it at both ends, or remove it from ${objectId(traffic.policy.object)}`,
            field: ['uses'],
          }),
        ]),
  ];
}

/** Whether the policies of the other end allow the flow. */
function letsThrough(
  inventory: Inventory,
  other: Workload,
  workload: Workload,
  port: unknown,
  direction: Direction,
): boolean {
  const opposite = direction === 'Ingress' ? 'Egress' : 'Ingress';
  const policies = policiesOf(inventory, other, opposite);
  if (policies.length === 0) return true;
  return trafficOf(policies, opposite).some(
    ({ policy, peers, ports }) =>
      opens(ports, port) &&
      (peers.length === 0 ||
        peers.some((peer) =>
          takes(inventory, peer, policy.object.metadata.namespace ?? 'default', workload),
        )),
  );
}

/**
 * Whether a flow needs no edge, because both workloads belong to one component or one belongs to no app, or
 * has one.
 */
function isDeclared(
  apps: ReadonlyMap<string, EnvironmentApp>,
  workload: Workload,
  other: Workload,
  direction: Direction,
): boolean {
  const [caller, called] = direction === 'Ingress' ? [other, workload] : [workload, other];
  const app = apps.get(caller.component);
  if (app === undefined || !apps.has(called.component) || caller.component === called.component) return true;
  return app.uses.some((use) => Object.values(use).includes(called.component));
}
