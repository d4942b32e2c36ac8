/*
 * Addresses of the VPC. Pods and Services have 10.244.0.0/16 and 10.96.0.0/12 (defaults of kubeadm and
 * flannel), so the VPC is outside both.
 */

/** The VPC's own range. */
export const vpcCidr = '10.64.0.0/16';

/** A subnet for load balancers and NAT gateways in the zone with this number, from 0: 251 addresses. */
export function publicCidr(zone: number): string {
  return `10.64.${zone}.0/24`;
}

/** A subnet for nodes in the zone with this number, from 0: 8,187 addresses. Six zones fit. */
export function nodeCidr(zone: number): string {
  return `10.64.${32 * (zone + 1)}.0/19`;
}

/**
 * Names of the first zones of a region. They are computed, not queried: if AWS changed the order of its
 * answer, subnets would be replaced.
 */
export function zoneNames(region: string, count: number): string[] {
  return Array.from({ length: count }, (_, zone) => `${region}${String.fromCharCode(97 + zone)}`);
}
