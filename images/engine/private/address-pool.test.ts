import { expect, test } from 'vitest';
import { formatNetwork, freePool, overlaps, parseNetwork, routedNetworks } from './address-pool.ts';

const routes = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
eth0	000200C0	00000000	0001	0	0	0	00FFFFFF	0	0	0
tun0	0000D50A	00000000	0001	0	0	0	0000FFFF	0	0	0
`;

function networks(...texts: string[]) {
  return texts.flatMap((text) => parseNetwork(text) ?? []);
}

test('the routes of the machine are read without the default route', () => {
  expect(routedNetworks(routes).map(formatNetwork)).toEqual(['192.0.2.0/24', '10.213.0.0/16']);
});

test('the pool overlaps no route, wider or narrower', () => {
  expect(formatNetwork(freePool([]))).toBe('10.213.0.0/16');
  expect(formatNetwork(freePool(networks('10.213.7.0/24')))).toBe('10.197.0.0/16');
  expect(formatNetwork(freePool(networks('10.0.0.0/8')))).toBe('172.29.0.0/16');
});

test('a machine whose routes cover all ranges gets an error with a remedy', () => {
  expect(() => freePool(networks('0.0.0.0/0'))).toThrow(/DOCKER_HOST/);
});

test('networks with a common address overlap', () => {
  const [wide, inside, beside] = networks('10.0.0.0/8', '10.1.2.0/24', '11.0.0.0/8');
  if (!wide || !inside || !beside) throw new Error('not parsed');
  expect([overlaps(wide, inside), overlaps(inside, wide), overlaps(wide, beside)]).toEqual([
    true,
    true,
    false,
  ]);
});

test.each(['', 'eth0', '1.2.3', '1.2.3.256', '1.2.3.4/33'])('%j is no network', (text) => {
  expect(parseNetwork(text)).toBeUndefined();
});
