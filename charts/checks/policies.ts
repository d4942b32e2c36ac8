import { onceEach } from '../../model/once-each.ts';
import { field, listField } from '../kube/field.ts';
import { selects, selectsAll } from '../kube/label-selector.ts';
import type { Inventory, Owned, Workload } from './inventory.ts';

export type Direction = 'Ingress' | 'Egress';

/** Traffic that one rule of a NetworkPolicy allows; without peers, from or to any address. */
export interface AllowedTraffic {
  policy: Owned;
  peers: unknown[];
  ports: unknown[];
}

/** The policies that select the pods of a workload, for one direction. Without any, all traffic is allowed. */
export function policiesOf(inventory: Inventory, workload: Workload, direction: Direction): Owned[] {
  return selecting(inventory)(workload)[direction];
}

const selecting = onceEach((inventory: Inventory) =>
  onceEach((workload: Workload) => {
    const all = inventory
      .in(workload.namespace, 'NetworkPolicy.networking.k8s.io')
      .filter(({ object }) => selects(field(object, 'spec', 'podSelector'), workload.labels));
    const of = (direction: Direction) =>
      all.filter(({ object }) => listField(object, 'spec', 'policyTypes').includes(direction));
    return { Ingress: of('Ingress'), Egress: of('Egress') };
  }),
);

/** The traffic that the policies allow. */
export function trafficOf(policies: readonly Owned[], direction: Direction): AllowedTraffic[] {
  return policies.flatMap((policy) => traffic(policy)[direction]);
}

const traffic = onceEach((policy: Owned): Record<Direction, AllowedTraffic[]> => {
  const allowed = (rules: string, peers: string) =>
    listField(policy.object, 'spec', rules).map((rule) => ({
      policy,
      peers: listField(rule, peers),
      ports: listField(rule, 'ports'),
    }));
  return { Ingress: allowed('ingress', 'from'), Egress: allowed('egress', 'to') };
});

/** Whether a peer matches the pods of a workload; `home` is the namespace of the policy. */
export function takes(inventory: Inventory, peer: unknown, home: string, workload: Workload): boolean {
  const pods = field(peer, 'podSelector');
  if (pods !== undefined && !selects(pods, workload.labels)) return false;
  const namespaces = field(peer, 'namespaceSelector');
  if (namespaces === undefined) return workload.namespace === home;
  return selects(namespaces, namespaceLabels(inventory, workload.namespace));
}

/** The namespace of a peer; undefined if it matches several. */
export function namespaceOfPeer(peer: unknown, home: string): string | undefined {
  const namespaces = field(peer, 'namespaceSelector');
  if (namespaces === undefined) return field(peer, 'ipBlock') === undefined ? home : undefined;
  const name = field(namespaces, 'matchLabels', 'kubernetes.io/metadata.name');
  return typeof name === 'string' ? name : undefined;
}

/** Whether a peer matches every address, or every pod of every namespace. */
export function isAnybody(peer: unknown): boolean {
  const cidr = field(peer, 'ipBlock', 'cidr');
  if (cidr !== undefined) return cidr === '0.0.0.0/0' || cidr === '::/0';
  const pods = field(peer, 'podSelector');
  return selectsAll(field(peer, 'namespaceSelector')) && (pods === undefined || selectsAll(pods));
}

/** Whether a list of ports includes a port; an empty list includes all. */
export function opens(ports: unknown[], port: unknown): boolean {
  return ports.length === 0 || ports.some((each) => field(each, 'port') === field(port, 'port'));
}

function namespaceLabels(inventory: Inventory, name: string): object {
  return { ...inventory.namespace(name)?.metadata.labels, 'kubernetes.io/metadata.name': name };
}
