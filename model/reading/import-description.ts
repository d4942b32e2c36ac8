import { hash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Diagnostic, diagnosticOfFile, type Words } from '../diagnostics/diagnostic.ts';
import { literalEnd } from './locate-literal.ts';
import { notSame } from './machine-reads.ts';
import { moduleSource } from './module-source.ts';
import { placesOf } from './place.ts';
import { diagnosticAt, type FieldPath, fieldName } from './source.ts';

/** The default export of a TypeScript file, which is plain data, or the diagnostic of a failed import. */
export type Imported = { value: unknown; diagnostic?: never } | { value?: never; diagnostic: Diagnostic };

/** A TypeScript file below a root, and its text. */
export interface ModuleText {
  file: string;
  text: string;
}

/** Imports a TypeScript file, which runs its code. */
export async function importDescription(root: string, { file, text }: ModuleText): Promise<Imported> {
  const url = pathToFileURL(join(root, file));
  // Node caches imported modules by URL, so a changed text needs a new URL.
  url.searchParams.set('text', hash('sha256', text).slice(0, 12));
  try {
    const module: unknown = await import(/* @vite-ignore */ url.href);
    const value: unknown =
      typeof module === 'object' && module !== null && 'default' in module && module.default;
    if (typeof value !== 'object' || value === null) return { diagnostic: noDescription(file) };
    const stranger = findStranger(value, []);
    if (stranger !== undefined) {
      return { diagnostic: diagnosticAt(moduleSource(file, text, value), stranger, notData(stranger)) };
    }
    // Evaluates getters once, here.
    const data: unknown = structuredClone(value);
    const path = findText(data, [root, realpathSync(root)]);
    if (path !== undefined) {
      const fix = 'write a path that does not depend on the folder of the checkout';
      const words = notSame(`${fieldName(path)}, with the folder of this checkout,`, fix);
      return { diagnostic: diagnosticAt(moduleSource(file, text, data), path, words) };
    }
    return { value: data };
  } catch (error) {
    const words: Words = {
      code: 'import-failed',
      what: 'the file cannot be imported',
      why: messageOf(root, error),
      fix: `correct the file; for the full error: npx node ${file}`,
    };
    return { diagnostic: diagnosticAtStack({ file, text }, error, words) };
  }
}

function noDescription(file: string): Diagnostic {
  return diagnosticOfFile(file, {
    code: 'no-default-export',
    what: 'the file has no default export',
    why: 'the default export is the description',
    fix: `write export default ${file.startsWith('apps/') ? 'defineApp' : 'defineOperator'}({ … })`,
  });
}

/**
 * The path to a value that is not plain data: a function, an instance of a class, or a value that contains
 * itself.
 */
function findStranger(value: unknown, path: FieldPath, above: unknown[] = []): FieldPath | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || above.includes(value)) return path;
  if (typeof value !== 'object' || value === null) return undefined;
  const plain: unknown[] = [Object.prototype, Array.prototype, null];
  // The file can come from another realm, which has its own Object.
  const prototype: unknown = Object.getPrototypeOf(value);
  if (!plain.includes(prototype) && Object.getPrototypeOf(prototype) !== null && !Array.isArray(value))
    return path;
  const step = (key: string) => (Array.isArray(value) ? Number(key) : key);
  for (const [key, inner] of Object.entries(value)) {
    const found = findStranger(inner, [...path, step(key)], [...above, value]);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The path to a text that contains one of others. */
function findText(value: unknown, others: readonly string[], path: FieldPath = []): FieldPath | undefined {
  if (typeof value === 'string') return others.some((other) => value.includes(other)) ? path : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const found = findText(inner, others, [...path, Array.isArray(value) ? Number(key) : key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notData(path: FieldPath): Words {
  return {
    code: 'not-data',
    what: `${fieldName(path)} is not plain data`,
    why: 'a description holds texts, numbers, booleans, lists and maps; other values cannot be compared and shown',
    fix: 'write the value itself',
  };
}

/** The first line of an error's message, without absolute paths of this machine. */
export function messageOf(root: string, error: unknown): string {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
  return message
    .replaceAll(pathToFileURL(root).href, '')
    .replaceAll(`${root}/`, '')
    .replaceAll(/\?text=\w+/g, '');
}

/** Thrown by `process.exit` during the import of descriptions; the stack names its caller. */
export class ExitRefused extends Error {}

const exits: Words = {
  code: 'import-exits',
  what: 'the file ends the program that imports it',
  why: 'the remaining files would not be read, without any message',
  fix: 'remove process.exit: a description is plain data',
};

/** A diagnostic at the line that the stack of an error names. */
export function diagnosticAtStack({ file, text }: ModuleText, error: unknown, otherwise: Words): Diagnostic {
  const words = error instanceof ExitRefused ? exits : otherwise;
  const spot = missingSpot(text, error) ?? stackSpot({ file, text }, error);
  return spot === undefined ? diagnosticOfFile(file, words) : { file, ...placesOf(text)(...spot), ...words };
}

/** The place in a file that the stack of an error names; the whole line if the stack has no column. */
export function stackSpot({ file, text }: ModuleText, error: unknown): [number, number] | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const path = file.replaceAll(/[.$()[\]+*?^|{}\\]/g, '\\$&');
  const at = new RegExp(`/${path}(?:\\?[^:\\s]*)?:(\\d+)(?::(\\d+))?`).exec(stack);
  if (at === null) return undefined;
  const lines = text.split('\n');
  const before = lines.slice(0, Number(at[1]) - 1);
  const line = lines[before.length] ?? '';
  const start = before.reduce((sum, { length }) => sum + length + 1, 0);
  if (at[2] === undefined) return [start + line.search(/\S|$/), start + line.length];
  const offset = start + Number(at[2]) - 1;
  return [offset, literalEnd(text, offset)];
}

/** The place of the module name or export name that an import did not find. */
function missingSpot(text: string, error: unknown): [number, number] | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!/^Cannot find (module|package)|does not provide an export/.test(error.message)) return undefined;
  const quoted = [...(error.message.split('\n')[0] ?? '').matchAll(/'([^']+)'/g)].at(-1)?.[1] ?? '';
  const word = quoted.slice(quoted.lastIndexOf('/') + 1);
  const at = text.indexOf(word);
  return word === '' || at === -1 ? undefined : [at, at + word.length];
}
