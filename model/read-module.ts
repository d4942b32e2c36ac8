import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { locateLiteral } from './locate-literal.ts';
import type { Problem } from './problem.ts';
import type { Source } from './source.ts';
import { positionOf } from './source.ts';

/** Imports a TypeScript file and takes what it exports by default. Without a source there is a problem. */
export async function readModule(
  root: string,
  file: string,
): Promise<{ source?: Source; problems: Problem[] }> {
  const path = join(root, file);
  const text = readFileSync(path, 'utf8');
  const url = pathToFileURL(path);
  // Node keeps every module that it once imported; another text is another address.
  url.searchParams.set('text', createHash('sha256').update(text).digest('hex').slice(0, 12));
  try {
    const module: unknown = await import(/* @vite-ignore */ url.href);
    const value: unknown =
      typeof module === 'object' && module !== null && 'default' in module && module.default;
    if (typeof value === 'object' && value !== null) {
      const source: Source = {
        file,
        value,
        position: (field, part) => positionOf(text, locateLiteral(text, field)[part]),
      };
      return { source, problems: [] };
    }
    const problem = {
      file,
      line: 1,
      column: 1,
      code: 'no-default-export',
      what: 'it exports no description by default',
      why: 'the graph reads the default export',
      fix: `write export default ${file.startsWith('apps/') ? 'defineApp' : 'defineOperator'}({ … })`,
    };
    return { problems: [problem] };
  } catch (error) {
    return { problems: [importProblem(file, error)] };
  }
}

function importProblem(file: string, error: unknown): Problem {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const name = file.slice(file.lastIndexOf('/') + 1).replaceAll('.', '\\.');
  const place = new RegExp(`/${name}(?:\\?[^:\\s]*)?:(\\d+)(?::(\\d+))?`).exec(stack);
  return {
    file,
    line: Number(place?.[1] ?? 1),
    column: Number(place?.[2] ?? 1),
    code: 'import-failed',
    what: 'the file cannot be imported',
    why: error instanceof Error ? (error.message.split('\n')[0] ?? error.name) : String(error),
    fix: `mend it; to see more: npx node ${file}`,
  };
}
