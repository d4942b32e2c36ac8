import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

/*
 * Loaded before the program of `npm run dev` (`node --import`). PLINTH_REACH maps ports of Services to ports of this machine's
 * loopback address: {"jobs.jobs.svc.cluster.local:8443": 41234}. Each of these names resolves to a reserved address, and a
 * connection to one of its ports goes to the loopback port. The program still uses the name, so certificates are verified against
 * it. All other names and connections are unchanged.
 */

const ports = new Map<string, number>(Object.entries(JSON.parse(process.env.PLINTH_REACH ?? '{}')));
const hosts = [...new Set([...ports.keys()].map((key) => key.slice(0, key.lastIndexOf(':'))))];
/** Also a loopback address: connections without a mapping are refused at once and do not leave the machine. */
const addresses = new Map(hosts.map((host, i) => [host, `127.77.${(i + 1) >> 8}.${(i + 1) & 255}`]));
const names = new Map([...addresses].map(([host, address]) => [address, host]));

type Call = (this: unknown, ...args: unknown[]) => unknown;

function replace(owner: object, name: string, make: (original: Call) => Call): void {
  const original: unknown = Reflect.get(owner, name);
  if (typeof original !== 'function')
    throw new Error(`node has no ${name}, so connections cannot be redirected`);
  const call: Call = function (...args) {
    return Reflect.apply(original, this, args);
  };
  Reflect.set(owner, name, make(call));
}

function wantsAll(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'all' in options && options.all === true;
}

replace(dns, 'lookup', (original) => (host, options, done) => {
  const address = addresses.get(String(host));
  const answer = typeof options === 'function' ? options : done;
  if (address === undefined || typeof answer !== 'function') {
    return done === undefined ? original(host, options) : original(host, options, done);
  }
  process.nextTick(() =>
    wantsAll(options) ? answer(null, [{ address, family: 4 }]) : answer(null, address, 4),
  );
  return {};
});

replace(dns.promises, 'lookup', (original) => async (host, options) => {
  const address = addresses.get(String(host));
  if (address === undefined) return original(host, options);
  return wantsAll(options) ? [{ address, family: 4 }] : { address, family: 4 };
});

/** The same options, with the loopback port if there is a mapping. */
function led(options: unknown): unknown {
  if (typeof options !== 'object' || options === null || !('port' in options)) return options;
  const host = 'host' in options ? String(options.host) : '';
  const port = ports.get(`${names.get(host) ?? host}:${Number(options.port)}`);
  return port === undefined ? options : { ...options, host: '127.0.0.1', port };
}

replace(net.Socket.prototype, 'connect', (original) => {
  return function (this: unknown, ...args) {
    const [first, second, ...rest] = args;
    // Internal form of `net.connect`: [options, callback], which Node marks with a symbol.
    if (Array.isArray(first)) first[0] = led(first[0]);
    else if (typeof first === 'number' && typeof second === 'string')
      return Reflect.apply(original, this, [led({ port: first, host: second }), ...rest]);
    else args[0] = led(first);
    return Reflect.apply(original, this, args);
  };
});

syncBuiltinESMExports();
