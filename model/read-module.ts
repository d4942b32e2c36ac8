import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { KnownSources } from './known-sources.ts';
import { literalEnd, locateLiteral } from './locate-literal.ts';
import { placesOf } from './place.ts';
import type { Problem, Words } from './problem.ts';
import { problemOfFile } from './problem.ts';
import { readText } from './read-text.ts';
import type { FieldPath, Source } from './source.ts';
import { fieldName, problemAt } from './source.ts';
import { ExitRefused } from './without-exit.ts';

/** In milliseconds: so long a description may wait for something before it counts as hanging. */
const patience = 5_000;

/** Imports a TypeScript file and takes what it exports by default. Without a source there is a problem. */
export async function readModule(
  root: string,
  file: string,
  known?: KnownSources,
): Promise<{ source?: Source; problems: Problem[] }> {
  const untouched = known?.untouched(root, file);
  if (untouched !== undefined) return { source: untouched, problems: [] };
  const { text, problem } = readText(root, file);
  if (problem !== undefined) return { problems: [problem] };
  const same = known?.same(file, text);
  if (same !== undefined) return { source: same, problems: [] };
  const url = pathToFileURL(join(root, file));
  // Node keeps every module that it once imported; another text is another address.
  url.searchParams.set('text', createHash('sha256').update(text).digest('hex').slice(0, 12));
  const waiting = new AbortController();
  try {
    const module: unknown = await Promise.race([
      import(/* @vite-ignore */ url.href),
      setTimeout(patience, hangs, { signal: waiting.signal }),
    ]);
    if (module === hangs) return { problems: [problemOfFile(file, hangs)] };
    const value: unknown =
      typeof module === 'object' && module !== null && 'default' in module && module.default;
    if (typeof value !== 'object' || value === null) return { problems: [noDescription(file)] };
    const stranger = findStranger(value, []);
    if (stranger !== undefined) {
      return { problems: [problemAt(moduleSource(file, text, value), stranger, notData(stranger))] };
    }
    // What a getter gives is asked for once, here.
    const data: unknown = structuredClone(value);
    const source = moduleSource(file, text, data);
    known?.setModule(source, text);
    return { source, problems: [] };
  } catch (error) {
    return { problems: [importProblem(root, file, text, error)] };
  } finally {
    waiting.abort();
  }
}

/** What a TypeScript file says, whose export is `value`. */
export function moduleSource(file: string, text: string, value: unknown): Source {
  const place = placesOf(text);
  return {
    file,
    value,
    place: (path, part) => {
      const start = locateLiteral(text, path)[part];
      return place(start, literalEnd(text, start));
    },
  };
}

const hangs: Words = {
  code: 'import-hangs',
  what: `the file was not imported in ${patience / 1000} s`,
  why: 'it waits for something that does not come',
  fix: 'take out the await: a description is data',
};

const exits: Words = {
  code: 'import-exits',
  what: 'the file ends the program that imports it',
  why: 'a description is data: nothing else would be read, and nobody would say so',
  fix: 'take out process.exit',
};

function noDescription(file: string): Problem {
  return problemOfFile(file, {
    code: 'no-default-export',
    what: 'it exports no description by default',
    why: 'the graph reads the default export',
    fix: `write export default ${file.startsWith('apps/') ? 'defineApp' : 'defineOperator'}({ … })`,
  });
}

/** The path to what is no data: a function, a class's object, a list or map that holds itself. */
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

function importProblem(root: string, file: string, text: string, error: unknown): Problem {
  const message = error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error);
  const failed: Words = {
    code: 'import-failed',
    what: 'the file cannot be imported',
    why: message
      .replaceAll(pathToFileURL(root).href, '')
      .replaceAll(`${root}/`, '')
      .replaceAll(/\?text=\w+/g, ''),
    fix: `mend it; to see more: npx node ${file}`,
  };
  const words = error instanceof ExitRefused ? exits : failed;
  const spot = missingSpot(text, message) ?? stackSpot(file, text, error);
  if (spot === undefined) return problemOfFile(file, words);
  return { file, ...placesOf(text)(...spot), ...words };
}

/** Where the stack of an error says that the file failed; the whole line where it names no column. */
function stackSpot(file: string, text: string, error: unknown): [number, number] | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const name = file.slice(file.lastIndexOf('/') + 1).replaceAll('.', '\\.');
  const at = new RegExp(`/${name}(?:\\?[^:\\s]*)?:(\\d+)(?::(\\d+))?`).exec(stack);
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
function missingSpot(text: string, message: string): [number, number] | undefined {
  if (!/^Cannot find (module|package)|does not provide an export/.test(message)) return undefined;
  const quoted = [...message.matchAll(/'([^']+)'/g)].at(-1)?.[1] ?? '';
  const word = quoted.slice(quoted.lastIndexOf('/') + 1);
  const at = text.indexOf(word);
  return word === '' || at === -1 ? undefined : [at, at + word.length];
}
