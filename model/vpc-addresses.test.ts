import { BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nodeCidr, publicCidr, vpcCidr, zoneNames } from './vpc-addresses.ts';

function contains(range: string, address: string): boolean {
  const [net = '', bits] = range.split('/');
  const list = new BlockList();
  list.addSubnet(net, Number(bits), 'ipv4');
  return list.check(address);
}

const first = (range: string): string => range.split('/')[0] ?? '';

describe('addresses', () => {
  const zones = [0, 1, 2, 3, 4, 5];
  const subnets = zones.flatMap((zone) => [publicCidr(zone), nodeCidr(zone)]);

  it('the subnets of six zones are inside the VPC', () => {
    expect(subnets.filter((subnet) => !contains(vpcCidr, first(subnet)))).toEqual([]);
  });

  it('the subnets do not overlap', () => {
    const pairs = subnets.flatMap((one) => subnets.map((other): [string, string] => [one, other]));
    expect(pairs.filter(([one, other]) => one !== other && contains(one, first(other)))).toEqual([]);
  });

  it.each(['10.244.0.0/16', '10.96.0.0/12'])('no subnet overlaps %s, a range inside the cluster', (range) => {
    expect(contains(range, first(vpcCidr)) || contains(vpcCidr, first(range))).toBe(false);
  });

  it('the zones are always the first ones of the region', () => {
    expect(zoneNames('eu-central-1', 3)).toEqual(['eu-central-1a', 'eu-central-1b', 'eu-central-1c']);
  });
});
