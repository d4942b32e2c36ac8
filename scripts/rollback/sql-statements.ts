/** A statement of an SQL file: in lower case, without comments, and with empty literals. */
export interface SqlStatement {
  text: string;
  /** Line on which it begins, counted from 1. */
  line: number;
}

/**
 * Splits an SQL file by PostgreSQL's rules ('Lexical Structure'): semicolons in comments, also nested ones, in literals, quoted
 * names and dollar quotes do not count. A quoted name keeps its case.
 */
export function sqlStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let text = '';
  let line = 1;
  let begun = 1;
  const end = () => {
    if (text.trim() !== '') statements.push({ text: text.replaceAll(/\s+/g, ' ').trim(), line: begun });
    text = '';
  };
  for (let at = 0; at < sql.length; ) {
    const [whole, said] = token(sql, at, text);
    if (said === ';') end();
    else {
      if (text.trim() === '' && said.trim() !== '') begun = line;
      text += said;
    }
    line += whole.split('\n').length - 1;
    at += whole.length;
  }
  end();
  return statements;
}

/** The next token of a file, and its text in the statement. */
function token(sql: string, at: number, before: string): [whole: string, said: string] {
  const rest = sql.slice(at);
  const comment = rest.startsWith('--') ? /^[^\n]*/.exec(rest)?.[0] : blockComment(rest);
  if (comment !== undefined) return [comment, ' '];
  const quoted = /^"(?:[^"]|"")*"?/.exec(rest)?.[0];
  if (quoted !== undefined) return [quoted, quoted];
  // E'…' has escapes by backslash.
  const escapes = /(?:^|[^\w])e$/.test(before);
  const literal = (escapes ? /^'(?:[^'\\]|''|\\.)*'?/s : /^'(?:[^']|'')*'?/).exec(rest)?.[0];
  if (literal !== undefined) return [literal, "''"];
  const tag = /\w$/.test(before) ? undefined : /^\$(?:[a-z_]\w*)?\$/i.exec(rest)?.[0];
  if (tag !== undefined) {
    const close = rest.indexOf(tag, tag.length);
    return [close === -1 ? rest : rest.slice(0, close + tag.length), "''"];
  }
  const letter = rest.slice(0, 1);
  return [letter, letter.toLowerCase()];
}

function blockComment(rest: string): string | undefined {
  if (!rest.startsWith('/*')) return undefined;
  let depth = 0;
  for (const { 0: mark, index } of rest.matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return rest.slice(0, index + 2);
  }
  return rest;
}
