import { type SqlStatement, sqlStatements } from './sql-statements.ts';

/** A statement after which an earlier program can fail. */
export interface Contraction {
  /** Line of the file, counted from 1. */
  line: number;
  /** Rest of a sentence that begins with 'it'. */
  why: string;
}

/**
 * The statements in migrations after which earlier programs can fail: they remove or rename used objects, or refuse rows that the
 * programs write ('expand and contract': https://martinfowler.com/bliki/ParallelChange.html). Tables that these files create are
 * exempt, because earlier programs do not use them. Unknown statements are reported too.
 */
export function contractions(
  files: readonly { name: string; sql: string }[],
): { name: string; found: Contraction[] }[] {
  const own = new Set<string>();
  return files.map(({ name, sql }) => ({
    name,
    found: sqlStatements(sql).flatMap((statement) => {
      const why = contraction(statement, own);
      return why === undefined ? [] : [{ line: statement.line, why }];
    }),
  }));
}

const table = String.raw`((?:"[^"]+"|\w+)(?:\.(?:"[^"]+"|\w+))?)`;

/** Statements that only add objects, or change rows without deleting any. */
const harmless = [
  /^(begin|commit|start transaction|end)\b/,
  /^set (local |session )?\w+ ?(=|to) /,
  /^comment on /,
  /^grant /,
  /^analyze\b/,
  /^insert into /,
  /^update /,
  /^create (sequence|schema|extension|view|materialized view|function|type) /,
  /^create index /,
  /^drop index /,
  /^alter type \S+ add value /,
];

function contraction({ text }: SqlStatement, own: Set<string>): string | undefined {
  const made = new RegExp(`^create (?:unlogged )?table (?:if not exists )?${table}`).exec(text)?.[1];
  if (made !== undefined) {
    own.add(made);
    return undefined;
  }
  const changed = new RegExp(
    `^(?:alter table|drop table|truncate(?: table)?|delete from) (?:if exists )?(?:only )?${table}`,
  ).exec(text)?.[1];
  const indexed = new RegExp(`^create unique index .*?\\bon (?:only )?${table}`).exec(text)?.[1];
  const touched = changed ?? indexed;
  if (touched !== undefined && own.has(touched)) return undefined;
  if (indexed !== undefined)
    return `refuses rows of ${indexed} that the version before may write (${shortened(text)})`;
  if (/^drop index /.test(text) || harmless.some((each) => each.test(text))) return undefined;
  if (/^alter table /.test(text) && touched !== undefined) return alteration(text, touched);
  if (/^(delete from|truncate)\b/.test(text)) return `takes rows away (${shortened(text)})`;
  if (/^(drop|revoke)\b/.test(text)) return `takes away what the version before may use (${shortened(text)})`;
  return `is not known to leave the version before working (${shortened(text)})`;
}

/** Effects of `alter table` on a table that the earlier version uses. */
function alteration(text: string, name: string): string | undefined {
  const start = text.indexOf(name) + name.length;
  for (const action of actions(text.slice(start))) {
    if (/^drop constraint /.test(action)) continue;
    if (/^alter (column )?\S+ (drop not null|set default |set statistics )/.test(action)) continue;
    if (/^validate constraint /.test(action)) continue;
    const added =
      /^add (?:column )?(?:if not exists )?(?!constraint |unique|primary |foreign |check|exclude)(.*)$/.exec(
        action,
      )?.[1];
    if (added !== undefined) {
      const filled = /\b(default|generated)\b/.test(added) || /\b(big|small)?serial\b/.test(added);
      if (!/\bnot null\b|\bprimary key\b/.test(added) || filled) continue;
      return `adds a column to ${name} that must be filled, which the version before does not do (${shortened(action)})`;
    }
    if (/^drop /.test(action)) return `takes a column or a default of ${name} away (${shortened(action)})`;
    if (/^rename /.test(action))
      return `renames what the version before uses in ${name} (${shortened(action)})`;
    return `changes ${name} in a way that is not known to leave the version before working (${shortened(action)})`;
  }
  return undefined;
}

/** The actions of `alter table`, separated by commas outside of brackets. */
function actions(text: string): string[] {
  const found = [''];
  let depth = 0;
  for (const letter of text) {
    if (letter === '(') depth++;
    if (letter === ')') depth--;
    if (letter === ',' && depth === 0) found.push('');
    else found[found.length - 1] += letter;
  }
  return found.map((each) => each.trim());
}

function shortened(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}
