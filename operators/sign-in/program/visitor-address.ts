import type { IncomingMessage } from 'node:http';
import { isIP, isIPv6 } from 'node:net';

/**
 * Address of a visitor, as the gateway saw it: the last one of X-Forwarded-For. The gateway takes out what the visitor wrote there
 * (Traefik, 'Forwarded Headers', without trusted addresses) and appends the address of the connection, and its network policy lets
 * nobody else reach this port. What stands before the last address is never read. Without the header: the address of the connection.
 */
export function visitorAddress({ headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>): string {
  const [forwarded = ''] = [headers['x-forwarded-for']].flat();
  const last = forwarded.split(',').at(-1)?.trim() ?? '';
  return isIP(last) === 0 ? (socket.remoteAddress ?? '') : last;
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
