import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';

/**
 * The text of a lock file with one value changed or added, and nothing else: no comment and no blank line moves. A new `digest`
 * is written after `ref`, everything else at the end of its map.
 */
export function withValue(text: string, path: readonly string[], value: string): string {
  const document = parseDocument(text);
  const known = document.getIn(path, true);
  if (isScalar(known) && known.range) {
    return `${text.slice(0, known.range[0])}${value}${text.slice(known.range[1])}`;
  }
  for (let depth = path.length - 1; depth > 0; depth--) {
    const map = document.getIn(path.slice(0, depth), true);
    if (isMap(map)) return insert(text, map, path.slice(depth), value);
  }
  throw new Error(`images/lock.yaml has no ${path[0]}: add it, then type the same command again`);
}

function insert(text: string, map: YAMLMap, keys: readonly string[], value: string): string {
  const starts = map.items.map(({ key }) => (isScalar(key) ? (key.range?.[0] ?? 0) : 0));
  const [first] = starts;
  if (map.flow === true || first === undefined) {
    throw new Error(
      'images/lock.yaml: write this entry in lines of their own, not in { }, then type the same command again',
    );
  }
  const at = map.items.findIndex(
    ({ key }) => isScalar(key) && key.value === (keys[0] === 'digest' ? 'ref' : undefined),
  );
  // A map ends where the next key begins: blank lines and comments between them stay below.
  const last = map.items[at === -1 ? map.items.length - 1 : at]?.value;
  const end = endOf(last) ?? map.range?.[1] ?? text.length;
  const column = first - (text.lastIndexOf('\n', first) + 1);
  const lines = keys.map((key, depth) => {
    const indentation = ' '.repeat(column + 2 * depth);
    return `\n${indentation}${key}:${depth === keys.length - 1 ? ` ${value}` : ''}`;
  });
  const lineEnd = text.indexOf('\n', text.slice(0, end).trimEnd().length);
  const kept = lineEnd === -1 ? text.length : lineEnd;
  return `${text.slice(0, kept)}${lines.join('')}${text.slice(kept)}`;
}

function endOf(node: unknown): number | undefined {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined;
  return Array.isArray(range) && typeof range[1] === 'number' ? range[1] : undefined;
}
