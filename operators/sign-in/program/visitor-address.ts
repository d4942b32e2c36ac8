import type { IncomingMessage } from 'node:http';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses of private networks (RFC 1918, RFC 6598, RFC 4193, RFC 3927, RFC 4291) and of the machine itself. */
const privateNetworks = new BlockList();
for (const [network, prefix] of [
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['127.0.0.0', 8],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv4');
for (const [network, prefix] of [
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
] as const)
  privateNetworks.addSubnet(network, prefix, 'ipv6');

/**
 * What the limit by address counts for a request: the visitor's address as the gateway saw it, the last one of X-Forwarded-For. The
 * gateway removes what the visitor wrote there (Traefik, 'Forwarded Headers', without trusted addresses) and appends the address of the
 * connection, and its network policy lets nobody else reach this port. Without a readable address: that of the connection.
 * Undefined for an address of a private network: a node or a load balancer may hide all visitors behind it, and a limit would keep all
 * of them out.
 */
export function limitedAddress({
  headers,
  socket,
}: Pick<IncomingMessage, 'headers' | 'socket'>): string | undefined {
  const [forwarded = ''] = [headers['x-forwarded-for']].flat();
  const last = forwarded.split(',').at(-1)?.trim() ?? '';
  if (isIP(last) === 0) return addressKey(socket.remoteAddress ?? '');
  return privateNetworks.check(last, isIPv6(last) ? 'ipv6' : 'ipv4') ? undefined : addressKey(last);
}

/** What limits count: an IPv4 address, or the /64 of an IPv6 address, which one visitor has as a whole (RFC 6177). */
export function addressKey(address: string): string {
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? [];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('%')[0]?.split('::') ?? [];
  const groups = (text: string) => text.split(':').filter((each) => each !== '');
  const missing = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array<string>(Math.max(0, missing)).fill('0'), ...groups(tail ?? '')];
  return all
    .slice(0, 4)
    .map((each) => Number.parseInt(each, 16).toString(16))
    .join(':');
}
