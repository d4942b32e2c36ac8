import { type SqlStatement, sqlStatements } from './sql-statements.ts';

/** A statement after which an earlier program can fail. */
export interface Contraction {
  /** Line of the file, counted from 1. */
  line: number;
  /** Rest of a sentence that begins with 'it'. */
  why: string;
}

/**
 * The statements in migrations after which earlier programs can fail: they remove or rename used objects, remove values, or refuse
 * rows that the programs write ('expand and contract': https://martinfowler.com/bliki/ParallelChange.html). Tables that these files
 * create are exempt, because earlier programs do not use them; `if not exists` does not show that a table is new. Unknown statements
 * are reported too.
 *
 * Not covered: an UPDATE that overwrites values with others than null; a dropped constraint or unique index that `on conflict` of an
 * earlier program names; functions that an INSERT or UPDATE calls, and what triggers do; a program that counts columns (`select *`).
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

/** Statements that only add objects or rows, or change rows; what they take away is found before. */
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
  const removal = removalOfRows(text, own);
  if (removal !== undefined) return removal;
  // Names mean other tables after it.
  if (/^set (local |session )?search_path /.test(text)) own.clear();
  const [create, condition, made] =
    new RegExp(
      `^create (?:(?:global |local )?temp(?:orary)? |unlogged )?table (if not exists )?${table}`,
    ).exec(text) ?? [];
  if (create !== undefined && made !== undefined) {
    if (condition === undefined && !/^ partition of /.test(text.slice(create.length))) own.add(made);
    return undefined;
  }
  const indexed = new RegExp(`^create unique index .*?\\bon (?:only )?${table}`).exec(text)?.[1];
  if (indexed !== undefined) {
    if (own.has(indexed)) return undefined;
    return `refuses rows of ${indexed} that the version before may write (${shortened(text)})`;
  }
  const altered = new RegExp(`^alter table (?:if exists )?(?:only )?${table}`).exec(text);
  if (altered?.[1] !== undefined) {
    return own.has(altered[1]) ? undefined : alteration(text.slice(altered[0].length), altered[1]);
  }
  const dropped = /^drop table (?:if exists )?(.*)$/.exec(text)?.[1];
  if (dropped !== undefined && namesIn(dropped).every((name) => own.has(name))) return undefined;
  const emptied = new RegExp(`^delete from (?:only )?${table}`).exec(text)?.[1];
  if (emptied !== undefined || /^truncate\b/.test(text)) return undefined;
  if (harmless.some((each) => each.test(text))) return undefined;
  if (/^(drop|revoke)\b/.test(text)) return `takes away what the version before may use (${shortened(text)})`;
  return `is not known to leave the version before working (${shortened(text)})`;
}

/** Rows or values that a statement, or a part of it, takes away from tables that the earlier version uses. */
function removalOfRows(text: string, own: ReadonlySet<string>): string | undefined {
  const truncated = /^truncate (?:table )?(.*)$/.exec(text)?.[1];
  const reported = `(${shortened(text)})`;
  if (truncated !== undefined) {
    if (/ cascade$/.test(truncated) || !namesIn(truncated).every((name) => own.has(name)))
      return `takes rows away ${reported}`;
  }
  // Also in a WITH query of another statement.
  for (const [, name = ''] of text.matchAll(new RegExp(`\\bdelete from (?:only )?${table}`, 'g')))
    if (!own.has(name)) return `takes rows away ${reported}`;
  if (/\bmerge into /.test(text)) return `is not known to leave the version before working ${reported}`;
  const upserted = new RegExp(`^insert into ${table}.*?\\bdo (update set .*)$`).exec(text);
  const updates = [
    ...[...text.matchAll(new RegExp(`(?<!do )(?<!for )\\bupdate (?:only )?${table}(.*)$`, 'g'))].map(
      ([, name = '', rest = '']) => ({ name, rest }),
    ),
    ...(upserted === null ? [] : [{ name: upserted[1] ?? '', rest: upserted[2] ?? '' }]),
  ];
  for (const { name, rest } of updates) {
    if (own.has(name) || !/\bset /.test(rest)) continue;
    if (/(?<!\b(?:is|not|from) )\bnull\b|\bnullif\b|\bdefault\b/.test(rest))
      return `takes values of ${name} away ${reported}`;
  }
  return undefined;
}

/** The tables in the list of `drop table` or `truncate`. */
function namesIn(list: string): string[] {
  const names = list.replace(/(?: (?:restart|continue) identity)?(?: (?:cascade|restrict))?$/, '');
  return [...names.matchAll(new RegExp(`(?:^|,) ?(?:only )?${table}`, 'g'))].map(([, name = '']) => name);
}

/**
 * Effects of `alter table` on a table that the earlier version uses.
 * @param text The actions.
 */
function alteration(text: string, name: string): string | undefined {
  for (const action of actions(text)) {
    if (/^drop constraint /.test(action)) continue;
    if (/^alter (column )?\S+ (drop not null|set default |set statistics )/.test(action)) continue;
    if (/^validate constraint /.test(action)) continue;
    const added =
      /^add (?:column )?(?:if not exists )?(?!constraint |unique|primary |foreign |check|exclude)(.*)$/.exec(
        action,
      )?.[1];
    if (added !== undefined) {
      const same = /\bdefault (?![\w.]+ ?\()/.test(added);
      if (/\b(unique|primary key)\b/.test(added) && same)
        return `adds a column to ${name} that has the same value in each row of the version before, and refuses the second (${shortened(action)})`;
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
