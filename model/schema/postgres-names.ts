/*
 * Names in PostgreSQL. They are always quoted, so keywords are allowed. Refused are names that the server reserves
 * (catalog.c, IsReservedName, and acl.c) and the databases of initdb.
 */

/** NAMEDATALEN - 1: the server truncates longer names with only a notice. */
export const longestName = 63;

/** Databases that initdb creates. */
const databases: ReadonlySet<string> = new Set(['postgres', 'template0', 'template1']);

/** Reason why no database can have this name; undefined if one can. */
export function faultOfDatabase(name: string): string | undefined {
  if (databases.has(name)) return `PostgreSQL has a database '${name}' already`;
  return faultOfLength(name);
}

/** Reason why no role can have this name; undefined if one can. */
export function faultOfRole(name: string): string | undefined {
  if (name.startsWith('pg_')) return `PostgreSQL reserves role names that begin with pg_`;
  return faultOfLength(name);
}

function faultOfLength(name: string): string | undefined {
  const bytes = Buffer.byteLength(name);
  return bytes > longestName
    ? `it has ${bytes} bytes, and PostgreSQL truncates names after ${longestName}`
    : undefined;
}

/**
 * A quoted name, in SQL (PostgreSQL, 'Lexical Structure', quoted identifiers) and in pg_hba.conf and pg_ident.conf,
 * where quotes also remove the special meaning of `all`, `replication` and the like.
 */
export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
