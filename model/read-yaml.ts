import type { Document, YAMLError } from 'yaml';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { Problem } from './problem.ts';
import type { FieldPath, Source } from './source.ts';

/** Reads YAML 1.2 out of a text; `file` is what problems call it. Without a source there is at least one problem. */
export function readYaml(text: string, file: string): { source?: Source; problems: Problem[] } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  // After the first fault of syntax the rest is read wrongly too; a key twice misleads nobody.
  const syntax = document.errors
    .filter((error) => error.code !== 'DUPLICATE_KEY')
    .sort((a, b) => a.pos[0] - b.pos[0])[0];
  const errors = syntax === undefined ? document.errors : [syntax];
  const problems = errors.map((error) => ({ file, ...at(error.pos[0]), ...explain(error, text) }));
  if (problems.length > 0) return { problems };
  try {
    const value: unknown = document.toJS();
    return {
      source: { file, value, position: (path, part) => at(offsetOf(document, path, part)) },
      problems,
    };
  } catch (error) {
    const problem = {
      code: 'yaml-aliases',
      what: 'the aliases cannot be resolved',
      why: error instanceof Error ? error.message : String(error),
      fix: 'write the values out instead of naming them by * and &',
    };
    return { problems: [{ file, line: 1, column: 1, ...problem }] };
  }
}

function explain(error: YAMLError, text: string): Pick<Problem, 'code' | 'what' | 'why' | 'fix'> {
  if (error.code === 'DUPLICATE_KEY') {
    const key = /^[^\s:]+/.exec(text.slice(error.pos[0]))?.[0] ?? '';
    return {
      code: 'duplicate-key',
      what: `the key '${key}' is written twice`,
      why: 'only one of the two could count',
      fix: 'remove one of them',
    };
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'second-document',
      what: 'a second document starts here',
      why: 'the file describes one thing, and only the first would be read',
      fix: 'remove the line ---, or move what follows into a file of its own',
    };
  }
  return {
    code: 'yaml-syntax',
    what: 'this is not YAML',
    why: error.message,
    fix: 'mend the line; indentation is by spaces, and a value with : or # in it needs quotes',
  };
}

function offsetOf(document: Document.Parsed, path: FieldPath, part: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let key = start(node);
  let value = key;
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(step));
      if (pair === undefined) return key ?? 0;
      key = start(pair.key) ?? key;
      value = start(pair.value) ?? key;
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      node = node.items[step];
      key = start(node) ?? key;
      value = key;
    } else {
      break;
    }
  }
  return (part === 'key' ? key : value) ?? 0;
}

function start(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}
