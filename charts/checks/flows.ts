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

/**
 * Exactly the declared flows: what one end lets through, the other lets through too; and between two apps nothing
 * flows that is no use of one by the other.
 */
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

/** Kinds of which an operator makes pods, whose policies are all that is known of them here. */
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
    others.map(({ object }) => objectId(object)).join(', ') || `a pod in ${namespace} that nothing makes`;
  return [
    ...undeclared.map((other) =>
      violation('undeclared-flow', workload, {
        what:
          direction === 'Ingress'
            ? `lets in ${objectId(other.object)}, whose app does not use ${workload.component}`
            : `may go out to ${objectId(other.object)}, which ${workload.component} does not use`,
        why: 'what flows is written in app.ts and nowhere else',
        fix: `take it out of ${objectId(traffic.policy.object)}, or declare the use in app.ts`,
        field: ['uses'],
      }),
    ),
    ...(answered
      ? []
      : [
          violation('one-sided-flow', workload, {
            what:
              direction === 'Ingress'
                ? `lets in ${whom} (port ${ports}), which may not go out to it`
                : `may go out to ${whom} (port ${ports}), which does not let it in`,
            why: 'a flow that one end denies does not flow, and traffic that nothing needs is allowed',
            fix: `let it through at both ends, or take it out of ${objectId(traffic.policy.object)}`,
            field: ['uses'],
          }),
        ]),
  ];
}

/** Whether the other end's policies let the flow through. */
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

/** Whether two workloads are one component's, or one of them is no app's, or the one that calls uses the other. */
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
