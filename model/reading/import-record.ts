import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { findPackageJSON, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The inputs of imported files. */
export interface ImportRecord {
  /**
   * Map from the absolute path of each module, and of each package.json that affects it, to the hash of its
   * content.
   */
  modules: Map<string, string>;
  /** False if an import had inputs that can change unnoticed: other files, the time, the environment. */
  complete: boolean;
}

/** Modules of Node whose functions depend on their arguments only, on every machine. */
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

/** Starts to record the modules that this thread imports, and whether they have other inputs. */
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
        // The missing module may exist at the next import.
        incomplete();
        throw error;
      }
    },
    load(url, context, next) {
      // A native addon can read anything.
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
  // Reading some of these globals made Node load modules that read others.
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
