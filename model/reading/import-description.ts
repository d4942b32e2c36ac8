import { hash } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Problem, problemOfFile, type Words } from '../diagnostics/problem.ts';
import { literalEnd } from './locate-literal.ts';
import { moduleSource } from './module-source.ts';
import { placesOf } from './place.ts';
import { type FieldPath, fieldName, problemAt } from './source.ts';

/** The default export of a TypeScript file, which is data, or the reason why there is none. */
export type Imported = { value: unknown; problem?: never } | { value?: never; problem: Problem };

/** A TypeScript file below a root, and its text. */
export interface ModuleText {
  file: string;
  text: string;
}

/** Imports a TypeScript file, and with it does whatever the file does. */
export async function importDescription(root: string, { file, text }: ModuleText): Promise<Imported> {
  const url = pathToFileURL(join(root, file));
  // Node keeps every module that it once imported; another text is another address.
  url.searchParams.set('text', hash('sha256', text).slice(0, 12));
  try {
    const module: unknown = await import(/* @vite-ignore */ url.href);
    const value: unknown =
      typeof module === 'object' && module !== null && 'default' in module && module.default;
    if (typeof value !== 'object' || value === null) return { problem: noDescription(file) };
    const stranger = findStranger(value, []);
    if (stranger !== undefined) {
      return { problem: problemAt(moduleSource(file, text, value), stranger, notData(stranger)) };
    }
    // What a getter gives is asked for once, here.
    const data: unknown = structuredClone(value);
    return { value: data };
  } catch (error) {
    const words: Words = {
      code: 'import-failed',
      what: 'the file cannot be imported',
      why: messageOf(root, error),
      fix: `mend it; to see more: npx node ${file}`,
    };
    return { problem: problemAtStack({ file, text }, error, words) };
  }
}

function noDescription(file: string): Problem {
  return problemOfFile(file, {
    code: 'no-default-export',
    what: 'it exports no description by default',
    why: 'the graph reads the default export',
    fix: `write export default ${file.startsWith('apps/') ? 'defineApp' : 'defineOperator'}({ … })`,
  });
}

/** The path to a value that is not data: a function, an instance of a class, a list or map that contains itself. */
function findStranger(value: unknown, path: FieldPath, above: unknown[] = []): FieldPath | undefined {
  if (typeof value === 'function' || typeof value === 'symbol' || above.includes(value)) return path;
  if (typeof value !== 'object' || value === null) return undefined;
  const plain: unknown[] = [Object.prototype, Array.prototype, null];
  // The file may come from another realm, whose Object is another one.
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

function notData(path: FieldPath): Words {
  return {
    code: 'not-data',
    what: `${fieldName(path)} is no data`,
    why: 'a description holds texts, numbers, true and false, lists and maps; nothing else can be compared and shown',
    fix: 'write the value that it stands for',
  };
}

/** The first line of an error's message, without paths of this machine. */
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
  why: 'a description is data: nothing else would be read, and nobody would say so',
  fix: 'take out process.exit',
};

/** A problem at the line of a file that an error names. */
export function problemAtStack({ file, text }: ModuleText, error: unknown, otherwise: Words): Problem {
  const words = error instanceof ExitRefused ? exits : otherwise;
  const spot = missingSpot(text, error) ?? stackSpot({ file, text }, error);
  return spot === undefined ? problemOfFile(file, words) : { file, ...placesOf(text)(...spot), ...words };
}

/** The place in a file that the stack of an error names; the whole line where it names no column. */
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

/** Where the text names the module or the export that an import did not find. */
function missingSpot(text: string, error: unknown): [number, number] | undefined {
  if (!(error instanceof Error)) return undefined;
  if (!/^Cannot find (module|package)|does not provide an export/.test(error.message)) return undefined;
  const quoted = [...(error.message.split('\n')[0] ?? '').matchAll(/'([^']+)'/g)].at(-1)?.[1] ?? '';
  const word = quoted.slice(quoted.lastIndexOf('/') + 1);
  const at = text.indexOf(word);
  return word === '' || at === -1 ? undefined : [at, at + word.length];
}
