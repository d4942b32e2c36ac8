import { readFileSync } from 'node:fs';

/** An IPv4 network: its first address as a number, and the length of its prefix. */
export interface AddressRange {
  address: number;
  prefix: number;
}

const candidates = [
  '10.213.0.0/16',
  '10.197.0.0/16',
  '10.181.0.0/16',
  '172.29.0.0/16',
  '172.30.0.0/16',
  '192.168.224.0/19',
];

/** Parses `10.0.0.0/8`; an address without a prefix is /32. */
export function parseNetwork(text: string): AddressRange | undefined {
  const match = /^(\d+)\.(\d+)\.(\d+)\.(\d+)(?:\/(\d+))?$/.exec(text.trim());
  if (match === null) return undefined;
  const octets = match.slice(1, 5).map(Number);
  const prefix = match[5] === undefined ? 32 : Number(match[5]);
  if (prefix > 32 || octets.some((octet) => octet > 255)) return undefined;
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  return { address: network(address, prefix), prefix };
}

/** Writes the network as `10.0.0.0/8`. */
export function formatNetwork({ address, prefix }: AddressRange): string {
  return `${formatAddress(address)}/${prefix}`;
}

/** Writes a number as a dotted address. */
export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Whether the two share an address. */
export function overlaps(one: AddressRange, other: AddressRange): boolean {
  const prefix = Math.min(one.prefix, other.prefix);
  return network(one.address, prefix) === network(other.address, prefix);
}

/** The networks with routes on this machine, without the default route, from the text of /proc/net/route. */
export function routedNetworks(table: string = readFileSync('/proc/net/route', 'utf8')): AddressRange[] {
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
    .flatMap(([, destination, , , , , , mask]) => {
      if (destination === undefined || mask === undefined || Number.parseInt(mask, 16) === 0) return [];
      const prefix = littleEndian(mask).toString(2).replaceAll('0', '').length;
      return [{ address: network(littleEndian(destination), prefix), prefix }];
    });
}

/** An address range without routes on this machine, for the bridges of a private engine. */
export function freePool(routed: AddressRange[] = routedNetworks()): AddressRange {
  for (const candidate of candidates) {
    const pool = parseNetwork(candidate);
    if (pool !== undefined && !routed.some((taken) => overlaps(taken, pool))) return pool;
  }
  throw new Error(
    `no free address range for the private engine: this machine has routes into each of ${candidates.join(', ')}. ` +
      'Start a Docker engine of your own and set DOCKER_HOST to it, then run this again.',
  );
}

function network(address: number, prefix: number): number {
  const size = 2 ** (32 - prefix);
  return Math.floor(address / size) * size;
}

function littleEndian(hex: string): number {
  return Buffer.from(hex, 'hex').readUInt32LE(0);
}
