import crypto from 'node:crypto';
import fs, { readFileSync, realpathSync } from 'node:fs';
import { registerHooks, syncBuiltinESMExports } from 'node:module';
import { isAbsolute, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Diagnostic, Words } from '../diagnostics/diagnostic.ts';
import { literalEnd } from './locate-literal.ts';
import { placesOf } from './place.ts';

/** A place where a description reads what another machine or moment gives otherwise. */
export interface MachineRead {
  /** Absolute path of the module. */
  path: string;
  /** Counted from 1; of an import its name in the text of the module. */
  at: { line: number; column: number } | { specifier: string };
  words: Words;
}

/** Modules of Node that are about the machine, its network or its processes. */
const machineModules =
  /^node:(?:child_process|cluster|dgram|dns|http2?|https|inspector|net|os|perf_hooks|process|sqlite|tls|tty|v8|wasi|worker_threads)(?:\/\w+)?$/;

/** Properties of `process` that say nothing of the machine. */
const harmless: ReadonlySet<string | symbol> = new Set([
  'emitWarning',
  'exit',
  'nextTick',
  'off',
  'on',
  'once',
]);

const machineGlobals = [
  'Intl',
  'Temporal',
  'crypto',
  'fetch',
  'localStorage',
  'navigator',
  'performance',
  'sessionStorage',
  'EventSource',
  'WebSocket',
] as const;

/** Methods of Date that count in the time zone or language of the machine. */
const localMethods = /^(?:get(?!Time$|UTC)|set(?!Time$|UTC)|toString$|toDateString$|toTimeString$|toLocale)/;

const zone = 'the time zone of the machine';
const language = 'the language of the machine';
const writeIt = 'write the value itself';

/** Calls `note` for every read by a file of the team, from now on and in this thread; the read goes on. */
export function watchMachineReads(root: string, note: (read: MachineRead) => void): void {
  const real = realpathSync(root);
  const see = (what: string, fix = writeIt) => {
    const caller = callerIn(real);
    if (caller !== undefined) note({ ...caller, words: notSame(what, fix) });
  };
  watchProcess(see);
  watchTime(see);
  watchFiles(real, see);
  for (const name of machineGlobals) watchRead(globalThis, name, () => see(name));
  watchCall(Math, 'random', () => see('Math.random'));
  for (const name of ['randomBytes', 'randomInt', 'randomUUID', 'getRandomValues'])
    watchCall(crypto, name, () => see(`${name}, a random value,`));
  watchCall(String.prototype, 'localeCompare', ([, locale]) => {
    if (locale === undefined) see(`localeCompare, by ${language},`, "compare with '<'");
  });
  watchCall(Number.prototype, 'toLocaleString', () => see(`toLocaleString, by ${language},`));
  syncBuiltinESMExports();
  registerHooks({
    resolve(specifier, context, next) {
      const resolved = next(specifier, context);
      const path = ofTeam(real, context.parentURL);
      if (path !== undefined && machineModules.test(resolved.url))
        note({ path, at: { specifier }, words: notSame(`what ${resolved.url} says`, writeIt) });
      return resolved;
    },
  });
}

export function diagnosticOfRead(root: string, { path, at, words }: MachineRead): Diagnostic {
  const text = readFileSync(path, 'utf8');
  const file = relative(realpathSync(root), path).replaceAll(sep, '/');
  const start =
    'specifier' in at
      ? Math.max(0, text.indexOf(at.specifier))
      : text.split('\n', at.line - 1).reduce((sum, { length }) => sum + length + 1, 0) + at.column - 1;
  const end = 'specifier' in at ? start + at.specifier.length : literalEnd(text, start);
  return { file, ...placesOf(text)(start, end), ...words };
}

/** The words for a value that is not the same everywhere. */
export function notSame(what: string, fix: string): Words {
  return {
    code: 'not-the-same-everywhere',
    what: `${what} is not the same on every machine`,
    why: 'the same files give the same manifests everywhere and at any time, which this would change',
    fix,
  };
}

type See = (what: string, fix?: string) => void;

function watchProcess(see: See): void {
  const fixes: Partial<Record<string, string>> = {
    env: 'write the value itself; one that differs by environment stands below apps in its cluster.yaml, and a secret is set with npm run secrets',
    cwd: 'name a file by new URL(NAME, import.meta.url)',
  };
  const watched = new Proxy(process, {
    get(target, name) {
      if (!harmless.has(name)) see(`process.${String(name)}`, fixes[String(name)]);
      return Reflect.get(target, name);
    },
  });
  globalThis.process = watched;
}

function watchTime(see: See): void {
  const fix = 'write the date as a text, such as 2030-01-31T00:00:00Z';
  for (const name of Object.getOwnPropertyNames(Date.prototype).filter((name) => localMethods.test(name)))
    watchCall(Date.prototype, name, () => see(`${name}, in ${zone},`, fix));
  watchCall(Date, 'now', () => see('Date.now, the time of the render,', fix));
  const local = ([first, ...others]: unknown[]) =>
    others.length > 0 ||
    (typeof first === 'string' && !/^\d{4}(-\d\d){0,2}$|(Z|GMT|[+-]\d\d:?\d\d)$/i.test(first));
  const look = (given: unknown[]) => {
    if (given.length === 0) see('new Date(), the time of the render,', fix);
    else if (local(given)) see(`new Date(…), in ${zone},`, fix);
  };
  watchCall(Date, 'parse', (given) => {
    if (local(given)) see(`Date.parse(…), in ${zone},`, fix);
  });
  globalThis.Date = new Proxy(Date, {
    construct(target, given, made) {
      look(given);
      return Reflect.construct(target, given, made);
    },
    apply(target, self, given) {
      look([]);
      return Reflect.apply(target, self, given);
    },
  });
}

/** Files outside of the repository, and those that are named from the folder where the command runs. */
function watchFiles(root: string, see: See): void {
  const look = ([file]: unknown[]) => {
    if (typeof file !== 'string' && !(file instanceof URL)) return;
    const path = typeof file === 'string' ? file : fileURLToPath(file);
    if (isAbsolute(path) ? !isBelow(root, path) : true)
      see(
        `the file '${path}'`,
        'keep the file in the repository, and name it by new URL(NAME, import.meta.url)',
      );
  };
  for (const functions of [fs, fs.promises])
    for (const name of Object.keys(functions)) if (/^[a-z]/.test(name)) watchCall(functions, name, look);
}

function watchCall(object: object, name: string, look: (given: unknown[]) => void): void {
  const found = Object.getOwnPropertyDescriptor(object, name);
  const callee: unknown = found?.value;
  if (found === undefined || typeof callee !== 'function') return;
  const value = new Proxy(callee, {
    apply(target, self, given) {
      look(given);
      return Reflect.apply(target, self, given);
    },
  });
  Object.defineProperty(object, name, { ...found, value });
}

function watchRead(object: object, name: string, look: () => void): void {
  const found = Object.getOwnPropertyDescriptor(object, name);
  if (found === undefined) return;
  Object.defineProperty(object, name, {
    configurable: true,
    get() {
      look();
      return found.get === undefined ? found.value : found.get.call(object);
    },
    ...(found.set === undefined ? {} : { set: found.set }),
  });
}

/** The folder of this module, whose own calls are in between. */
const reading = new URL('.', import.meta.url).href;

/** The place that made a call, if it is in a file of the team: not in a package, and not in this program. */
function callerIn(root: string): Pick<MachineRead, 'path' | 'at'> | undefined {
  for (const line of (new Error().stack ?? '').split('\n').slice(1)) {
    const [, url, row, column] = /\(?([\w-]+:[^\s()]+):(\d+):(\d+)\)?$/.exec(line) ?? [];
    if (url === undefined || url.startsWith(reading)) continue;
    const path = ofTeam(root, url);
    return path === undefined ? undefined : { path, at: { line: Number(row), column: Number(column) } };
  }
  return undefined;
}

function ofTeam(root: string, url: string | undefined): string | undefined {
  if (url?.startsWith('file:') !== true) return undefined;
  const path = fileURLToPath(new URL(url));
  const program = fileURLToPath(new URL('..', import.meta.url));
  const mine = path.startsWith(program) || path.includes(`${sep}node_modules${sep}`);
  return isBelow(root, path) && !mine ? path : undefined;
}

function isBelow(root: string, path: string): boolean {
  return path === root || path.startsWith(root + sep);
}
