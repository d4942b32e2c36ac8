import { isMap, isNode, parseDocument, type YAMLMap } from 'yaml';
import type { Roots } from './steps.ts';

/** The text of cluster.yaml with new roots of an authority; all other lines are unchanged. */
export function withRoots(text: string, authority: string, { trusted, issuing }: Roots): string {
  const value = `{ trusted: [${trusted.join(', ')}], issuing: ${issuing} }`;
  const document = parseDocument(text);
  const [before, roots, identity] = [
    document.getIn(['identity', 'roots', authority], true),
    document.getIn(['identity', 'roots'], true),
    document.get('identity', true),
  ];
  if (isNode(before) && before.range) {
    return text.slice(0, before.range[0]) + value + text.slice(before.range[1]);
  }
  if (isBlock(roots)) return withLine(text, roots, `${authority}: ${value}`);
  if (isBlock(identity) && !identity.has('roots')) {
    return withLine(text, identity, `roots: { ${authority}: ${value} }`);
  }
  // An empty map, or one in braces, is rewritten.
  for (const path of [['identity'], ['identity', 'roots']]) {
    if (document.getIn(path) == null) document.setIn(path, document.createNode({}));
  }
  document.setIn(['identity', 'roots', authority], document.createNode({ trusted, issuing }, { flow: true }));
  return document.toString({ lineWidth: 0 });
}

/** The content without roots, to compare the rest. */
export function withoutRoots(text: string): unknown {
  const document = parseDocument(text);
  if (document.hasIn(['identity', 'roots'])) document.deleteIn(['identity', 'roots']);
  const value: unknown = document.toJS();
  if (typeof value !== 'object' || value === null || !('identity' in value)) return value;
  const { identity, ...rest } = value;
  const empty = identity === null || (typeof identity === 'object' && Object.keys(identity).length === 0);
  return empty ? rest : value;
}

function isBlock(node: unknown): node is YAMLMap {
  return isMap(node) && node.flow !== true && node.items.length > 0;
}

/** Adds a line to a map after its last entry, with the indentation of the first. */
function withLine(text: string, map: YAMLMap, line: string): string {
  const [first, last] = [map.items[0], map.items.at(-1)];
  const start = isNode(first?.key) ? (first.key.range?.[0] ?? 0) : 0;
  const ends = [last?.key, last?.value].map((node) => (isNode(node) ? (node.range?.[1] ?? 0) : 0));
  // The range of a block includes the following newline.
  const end = text.slice(0, Math.max(...ends)).trimEnd().length;
  const newline = text.indexOf('\n', end);
  const at = newline === -1 ? text.length : newline;
  const indent = ' '.repeat(start - (text.lastIndexOf('\n', start - 1) + 1));
  return `${text.slice(0, at)}\n${indent}${line}${text.slice(at)}`;
}
