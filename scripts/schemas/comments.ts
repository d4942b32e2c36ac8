import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A constant or a property in the source of the schemas. */
interface Declared {
  comment: string;
  children: { key: string; declared: Declared }[];
  /** Names that its value mentions; other constants of schemas are among them. */
  names: string[];
  file: string;
  /** Value of the preceding `kind` in the same object. */
  variant: string | undefined;
}

/** Finds the comment of a field in the source; empty where it has none. `variant` is the value of `kind`. */
export type CommentOf = (path: readonly string[], variant?: string) => string;

/**
 * Reads the JSDoc comments of a schema, which editors show for app.ts. Comments are no part of a zod schema: they are
 * found by the names and the indentation of the source, which the formatter enforces.
 */
export function commentsOf(root: string, file: string, constant: string): CommentOf {
  const files = [
    file,
    ...globSync('model/schema/*.ts', { cwd: root }).filter((each) => !each.includes('.test.')),
  ];
  const declared = files.flatMap((each) => declarations(each, readFileSync(join(root, each), 'utf8')));
  const byName = (name: string, from: string) =>
    declared.find((each) => each.name === name && each.file === from) ??
    declared.find((each) => each.name === name);
  const start = byName(constant, file);
  if (start === undefined) throw new Error(`${file} has no constant ${constant}`);

  /** Every declaration of a key in a schema, or in the constants that make it. */
  function find(node: Declared, key: string, seen: Set<Declared>): Declared[] {
    if (seen.has(node)) return [];
    seen.add(node);
    const own = node.children.filter((child) => child.key === key).map((child) => child.declared);
    const others = node.names.flatMap((name) => {
      const other = byName(name, node.file);
      return other === undefined ? [] : find(other, key, seen);
    });
    return [...own, ...others];
  }

  function ownComment(node: Declared): string {
    if (node.comment !== '') return node.comment;
    const made = node.names.map((name) => byName(name, node.file)?.comment ?? '');
    return made.find((comment) => comment !== '') ?? '';
  }

  return (path, variant) => {
    let nodes: Declared[] = [start];
    for (const key of path) nodes = nodes.flatMap((node) => find(node, key, new Set()));
    const ofVariant = nodes.filter((each) => variant !== undefined && each.variant === variant);
    const [node] = ofVariant.length > 0 ? ofVariant : nodes;
    return node === undefined ? '' : ownComment(node);
  };
}

const constantLine = /^(?:export )?const (\w+) = (.*)$/;
const propertyLine = /^\s+(\w+): (.*)$/;
/** A property whose value is a variable of its name, or a member of a list. */
const nameLine = /^\s+(\w+),$/;
const commentStart = /^\s*\/\*\*/;

/** The constants of a file, with the properties below them. */
function declarations(file: string, text: string): (Declared & { name: string })[] {
  const found: (Declared & { name: string })[] = [];
  const open: { indent: number; declared: Declared }[] = [];
  let comment: string[] = [];
  let inComment = false;
  for (const line of text.split('\n')) {
    if (inComment || commentStart.test(line)) {
      comment = [...(inComment ? comment : []), line.replace(/^\s*(\/\*\*|\*(?!\/))?|\*\/$/g, '').trim()];
      inComment = !line.endsWith('*/');
      continue;
    }
    const indent = line.search(/\S/);
    if (indent < 0) continue;
    while ((open.at(-1)?.indent ?? -1) >= indent) open.pop();
    const parent = open.at(-1)?.declared;
    const [, name, own = ''] = constantLine.exec(line) ?? [];
    const [, key = nameLine.exec(line)?.[1], value = line] = propertyLine.exec(line) ?? [];
    if (key === undefined || nameLine.test(line)) parent?.names.push(...namesIn(line));
    const declared: Declared = {
      comment: comment.join(' ').trim(),
      children: [],
      names: namesIn(name === undefined ? value : own),
      file,
      variant:
        (key === 'kind' ? /literal\('(.*?)'\)/.exec(value)?.[1] : undefined) ??
        parent?.children.at(-1)?.declared.variant,
    };
    if (name !== undefined) found.push(Object.assign(declared, { name }));
    else if (key !== undefined) parent?.children.push({ key, declared });
    if (name !== undefined || key !== undefined) open.push({ indent, declared });
    comment = [];
  }
  return found;
}

/** Names that a line mentions, apart from texts and from properties of other values. */
function namesIn(line: string): string[] {
  return [...line.replaceAll('...', ' ').matchAll(/(?<![.'\w])[a-z]\w*/g)].map(([name]) => name);
}
