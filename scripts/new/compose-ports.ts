import type { ComposeDraft } from './compose-draft.ts';
import { partsOf, rangeOf, resolved } from './compose-values.ts';
import { asRecord } from './notes.ts';

/** Well-known ports of protocols other than HTTP. */
const notHttp = new Set([
  21, 22, 25, 53, 110, 143, 389, 465, 587, 993, 1883, 3306, 5432, 5672, 6379, 9092, 11211, 27017,
]);

/** A port in one of its forms: `8080`, `127.0.0.1:80:8080/udp`, a range `3000-3005`, or a map with `target` and `published`. */
export function port(value: unknown, draft: ComposeDraft, key: string, published: boolean): void {
  const long = typeof value === 'object' && value !== null ? asRecord(value) : undefined;
  const written = long ? `${long.published ?? ''}:${long.target}/${long.protocol ?? 'tcp'}` : String(value);
  const [spec = '', protocol = 'tcp'] = (
    resolved(written) ??
    resolved(partsOf(written).at(-1) ?? '') ??
    ''
  ).split('/');
  const [target = '', host = ''] = partsOf(spec).reverse();
  const [first, last] = rangeOf(target);
  const [firstHost] = rangeOf(host);
  if (
    (protocol !== 'tcp' && protocol !== 'udp') ||
    first === undefined ||
    last === undefined ||
    last - first > 20
  ) {
    draft.notes.push({
      key: `${key}.${written}`,
      fate: 'dropped',
      text: 'ports: { NAME: { port: NUMBER } }, one each',
    });
    return;
  }
  for (let number = first; number <= last; number++) {
    const outside = firstHost === undefined ? number : firstHost + number - first;
    onePort({ number, protocol, outside: published ? outside : undefined }, draft, key);
  }
}

function onePort(
  { number, protocol, outside }: { number: number; protocol: 'tcp' | 'udp'; outside: number | undefined },
  { description, exceptions, notes }: ComposeDraft,
  key: string,
): void {
  const ports = asRecord(description.ports);
  const isThere = Object.values(ports).some((each) => {
    const known = asRecord(each);
    return known.port === number && (known.protocol ?? 'tcp') === protocol;
  });
  if (isThere) return;
  const http = protocol === 'tcp' && !notHttp.has(number);
  const isFirst = http && ports.http === undefined;
  const name = isFirst ? 'http' : `${protocol === 'udp' ? 'u' : 'p'}${number}`;
  // A further port of HTTP is one of exposes.paths, or of administrators alone.
  const open = outside !== undefined && !http ? { public: outside } : {};
  description.ports = {
    ...ports,
    [name]: { port: number, ...(protocol === 'udp' ? { protocol } : {}), ...open },
  };
  if (number < 1024 && !exceptions.some(({ rule }) => rule === 'low-port')) {
    exceptions.push({ rule: 'low-port', reason: 'The image listens there, as its compose file says.' });
  }
  const exposed = outside !== undefined && http && description.exposes === undefined;
  if (exposed) description.exposes = { port: name };
  const inside = `ports: ${name}, reachable inside the cluster for apps with a 'uses' entry`;
  const text = exposed
    ? 'ports and exposes: at NAME.DOMAIN, by HTTPS'
    : 'public' in open
      ? `ports: ${name}, at ${outside} from outside too; take public out if only apps call it`
      : inside;
  notes.push({
    key: `${key}.${number}${protocol === 'udp' ? '/udp' : ''}`,
    fate: outside === undefined ? 'kept' : 'approximated',
    text,
  });
}
