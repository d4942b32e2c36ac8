import { describe, expect, it } from 'vitest';
import { environment } from '../../test/stacks/mocked-engine.ts';
import { monthlyCost, total } from './monthly-cost.ts';
import { loadPrices, type Prices } from './prices.ts';

/** Round figures, so that a sum can be checked by heart. */
const prices: Prices = {
  asOf: '2000-01',
  source: 'test',
  hoursPerMonth: 100,
  regions: {
    'eu-central-1': {
      instances: { 't3.large': 1 },
      natGateway: 2,
      loadBalancer: 3,
      publicAddress: 0.5,
      disk: 0.5,
      key: 1,
      zone: 4,
    },
  },
};

const cost = (change?: (text: string) => string) => monthlyCost(environment(change).cluster, prices);

describe('cost of a month', () => {
  it('includes everything that is charged by time', () => {
    expect(cost()).toEqual([
      { what: 'instances t3.large', count: 3, dollars: 300 },
      { what: 'disks, GB', count: 180, dollars: 90 },
      { what: 'NAT gateways', count: 1, dollars: 200 },
      { what: 'load balancers', count: 2, dollars: 600 },
      { what: 'public addresses', count: 4, dollars: 200 },
      { what: 'key of the buckets', count: 1, dollars: 1 },
      { what: 'DNS zone', count: 1, dollars: 4 },
    ]);
    expect(total(cost())).toBe(1395);
  });

  it('has a NAT gateway per zone or a public address per node, as in cluster.yaml', () => {
    const of = (nat: string, what: string) =>
      cost((text) => text.replace('nat: one', `nat: ${nat}`)).find((line) => line.what === what)?.count;
    expect([of('per-zone', 'NAT gateways'), of('per-zone', 'public addresses')]).toEqual([3, 6]);
    expect([of('none', 'NAT gateways'), of('none', 'public addresses')]).toEqual([0, 6]);
  });

  it('reports a missing price', () => {
    expect(() => cost((text) => text.replace('t3.large', 't9.huge'))).toThrow(
      'scripts/cost/prices.yaml has no price of t9.huge in eu-central-1: add it there.',
    );
    expect(() => cost((text) => text.replace('eu-central-1', 'eu-north-1'))).toThrow(
      'has no prices of eu-north-1: it has eu-central-1.',
    );
  });

  it('has a valid table of prices', () => {
    expect(loadPrices().regions['eu-central-1']?.instances['t3.large']).toBeGreaterThan(0);
  });
});
