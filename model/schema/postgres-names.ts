/*
 * Names in PostgreSQL. Every one is quoted where it is written, so that no keyword is in the way; what stays impossible
 * is what the server keeps for itself: its source, catalog.c (IsReservedName) and acl.c, and the databases of initdb.
 */

/** NAMEDATALEN - 1: longer ones are cut off without a word. */
export const longestName = 63;

/** That initdb makes in every server. */
const databases: ReadonlySet<string> = new Set(['postgres', 'template0', 'template1']);

/** Why no database can have this name; undefined where one can. */
export function faultOfDatabase(name: string): string | undefined {
  if (databases.has(name)) return `every PostgreSQL has a database '${name}' of its own`;
  return faultOfLength(name);
}

/** Why no role can have this name; undefined where one can. */
export function faultOfRole(name: string): string | undefined {
  if (name.startsWith('pg_')) return `PostgreSQL keeps roles whose names begin with pg_ for itself`;
  return faultOfLength(name);
}

function faultOfLength(name: string): string | undefined {
  const bytes = Buffer.byteLength(name);
  return bytes > longestName
    ? `it has ${bytes} bytes, and PostgreSQL cuts off what is beyond ${longestName}`
    : undefined;
}

/**
 * A name that is read letter by letter: in SQL (PostgreSQL, 'Lexical Structure', quoted identifiers), and in pg_hba.conf and
 * pg_ident.conf, where quotes also take the meaning from `all`, `replication` and the like.
 */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
