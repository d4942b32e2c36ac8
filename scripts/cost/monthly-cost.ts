import type { Cluster } from '../../model/schema/cluster.ts';
import type { Prices } from './prices.ts';

/** One line of a month's bill. */
export interface CostLine {
  what: string;
  count: number;
  /** Dollars a month, all of them together. */
  dollars: number;
}

/**
 * What an environment costs a month before anyone uses it: what is charged by the hour or the month. Traffic, requests
 * and what lies in the buckets come on top. Throws where the table lacks a region or a type.
 */
export function monthlyCost({ provider, nodes }: Cluster, prices: Prices): CostLine[] {
  if (provider.kind === 'kind') return [];
  if (provider.kind === 'machines') {
    // The machines are paid elsewhere.
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
  // The gateway's load balancer has one in each zone, each NAT gateway has one, and each node where there are none.
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

/** All lines together. */
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
