import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPackageJSON, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** What files read when they were imported. */
export interface ImportRecord {
  /** From the absolute path of each module, and of each package.json that decides about one, to the hash of its content. */
  modules: Map<string, string>;
  /** False where something else was read, which may be another thing next time: other files, the time, the environment. */
  complete: boolean;
}

/** Modules of Node that give the same for the same arguments, on every machine. */
const pureModules = /^node:(?:assert|buffer|events|path|querystring|string_decoder|url|util)(?:\/\w+)?$/;

/** Globals that depend on the time, the machine, the process or the network, or lead to such values. */
const impureGlobals = [
  'process',
  'Date',
  'Temporal',
  'Intl',
  'performance',
  'crypto',
  'fetch',
  'WebSocket',
  'EventSource',
  'localStorage',
  'sessionStorage',
] as const;

/** Records, from now on, what is imported into this thread, and whether what is imported reads anything else. */
export function recordImports(): ImportRecord {
  const record: ImportRecord = { modules: new Map(), complete: true };
  const incomplete = () => {
    record.complete = false;
  };
  const note = (path: string) => {
    record.modules.set(path, contentHash(path));
  };
  registerHooks({
    resolve(specifier, context, next) {
      try {
        const resolved = next(specifier, context);
        if (resolved.url.startsWith('node:') && !pureModules.test(resolved.url)) incomplete();
        return resolved;
      } catch (error) {
        // Next time it may be there.
        incomplete();
        throw error;
      }
    },
    load(url, context, next) {
      // A program for the processor does what it likes.
      if (url.endsWith('.node')) incomplete();
      if (url.startsWith('file:')) {
        note(fileURLToPath(url));
        const packageFile = findPackageJSON(url);
        if (packageFile !== undefined) note(packageFile);
      }
      return next(url, context);
    },
  });
  for (const name of impureGlobals) watchProperty(globalThis, name, incomplete);
  watchProperty(Math, 'random', incomplete);
  // To look at some of them makes Node load what reads others.
  record.complete = true;
  return record;
}

/** The hash of a file's content; for an unreadable file, the error. */
export function contentHash(path: string): string {
  try {
    return hash('sha256', readFileSync(path));
  } catch (error) {
    return String(error);
  }
}

function watchProperty(object: object, name: string, onRead: () => void): void {
  const found = Object.getOwnPropertyDescriptor(object, name);
  if (found === undefined) return;
  Object.defineProperty(object, name, {
    configurable: true,
    get() {
      onRead();
      return found.get === undefined ? found.value : found.get.call(object);
    },
    set(value) {
      if (found.set === undefined) found.value = value;
      else found.set.call(object, value);
    },
  });
}
