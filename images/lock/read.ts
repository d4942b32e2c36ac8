import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Document, isNode, isPair, LineCounter, parseDocument } from 'yaml';
import { type Lock, lockSchema } from './schema.ts';

/** Path of the lock file. */
export const lockPath = fileURLToPath(new URL('../lock.yaml', import.meta.url));

/** The last lock file that was parsed: a command asks for many images, and parsing takes a tenth of a second. */
let last: { path: string; text: string; lock: Lock } | undefined;

/**
 * Reads and checks the lock file.
 * @throws Error with file, line and column of each fault.
 */
export function loadLock(path: string = lockPath): Lock {
  const text = readFileSync(path, 'utf8');
  if (last?.path !== path || last.text !== text) last = { path, text, lock: parseLock(text, path) };
  return last.lock;
}

/**
 * Parses and checks the text of a lock file. `path` is its name in messages.
 * @throws Error with file, line and column of each fault.
 */
export function parseLock(text: string, path: string): Lock {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const fault = (offset: number, what: string): string => {
    const { line, col } = lines.linePos(offset);
    return `${path}:${line}:${col}: ${what}`;
  };
  const syntax = [...document.errors, ...document.warnings].map(({ pos, message }) => fault(pos[0], message));
  const checked = syntax.length > 0 ? undefined : lockSchema.safeParse(document.toJS());
  if (checked?.success === true) return checked.data;
  const faults = (checked?.error.issues ?? []).map(({ path: field, message }) =>
    fault(offsetOf(document, field), `${field.join('.') || 'the file'}: ${message}`),
  );
  throw new Error(
    [...syntax, ...faults, 'Correct the lock file; images/lock.schema.json describes its fields.'].join('\n'),
  );
}

/** Offset of a field's value in the text; of the nearest enclosing value if the field is missing. */
function offsetOf(document: Document.Parsed, field: readonly PropertyKey[]): number {
  for (let depth = field.length; depth > 0; depth--) {
    const node: unknown = document.getIn(field.slice(0, depth), true);
    const value = isPair(node) ? node.value : node;
    if (isNode(value) && value.range) return value.range[0];
  }
  return 0;
}
