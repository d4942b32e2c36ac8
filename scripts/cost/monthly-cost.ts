import type { Cluster } from '../../model/schema/cluster.ts';
import type { Prices } from './prices.ts';

/** One line of a monthly bill. */
export interface CostLine {
  what: string;
  count: number;
  /** Dollars a month for all of them. */
  dollars: number;
}

/**
 * The fixed monthly cost of an environment: everything charged by the hour or the month. Traffic, requests
 * and stored data are not included. Throws if the price table lacks a region or a type.
 */
export function monthlyCost({ provider, nodes }: Cluster, prices: Prices): CostLine[] {
  if (provider.kind === 'kind') return [];
  if (provider.kind === 'machines') {
    // Existing machines have no price here.
    if (provider.buckets === undefined) return [];
    const { key } = regionPrices(provider.buckets.region, prices);
    return [{ what: 'key of the buckets', count: 1, dollars: key }];
  }
  const price = regionPrices(provider.region, prices);
  const hourly = (what: string, count: number, each: number): CostLine => ({
    what,
    count,
    dollars: count * each * prices.hoursPerMonth,
  });
  const types = [...new Set(nodes.map(({ instanceType = '' }) => instanceType))].sort();
  const instances = types.map((type) => {
    const each = price.instances[type];
    if (each === undefined) {
      throw new Error(
        `scripts/cost/prices.yaml has no price of ${type} in ${provider.region}: add it there.`,
      );
    }
    return hourly(
      `instances ${type}`,
      nodes.filter(({ instanceType }) => instanceType === type).length,
      each,
    );
  });
  const gigabytes = nodes.reduce((sum, { disk }) => sum + Number.parseInt(disk, 10), 0);
  const gateways = { one: 1, 'per-zone': provider.zones, none: 0 }[provider.nat];
  // Public addresses: one per zone for the gateway's load balancer, one per NAT gateway, and, without NAT
  // gateways, one per node.
  const addresses = provider.zones + gateways + (provider.nat === 'none' ? nodes.length : 0);
  return [
    ...instances,
    { what: 'disks, GB', count: gigabytes, dollars: gigabytes * price.disk },
    hourly('NAT gateways', gateways, price.natGateway),
    hourly('load balancers', 2, price.loadBalancer),
    hourly('public addresses', addresses, price.publicAddress),
    { what: 'key of the buckets', count: 1, dollars: price.key },
    { what: 'DNS zone', count: 1, dollars: price.zone },
  ];
}

/** Sum of all lines. */
export function total(lines: CostLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

function regionPrices(region: string, { regions }: Prices): Prices['regions'][string] {
  const found = regions[region];
  if (found === undefined) {
    throw new Error(
      `scripts/cost/prices.yaml has no prices of ${region}: it has ${Object.keys(regions).join(', ')}. Add the region there.`,
    );
  }
  return found;
}
