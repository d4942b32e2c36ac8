import { z } from 'zod';

/**
 * Extensions of Debian's postgresql-15 that PostgreSQL marks as trusted: they give access to nothing outside of the database
 * (PostgreSQL 15, 'Additional Supplied Modules and Extensions'; CREATE EXTENSION).
 */
const supplied: ReadonlySet<string> = new Set([
  ...[
    'btree_gin',
    'btree_gist',
    'citext',
    'cube',
    'dict_int',
    'fuzzystrmatch',
    'hstore',
    'intarray',
    'isn',
    'lo',
  ],
  ...['ltree', 'pg_trgm', 'pgcrypto', 'seg', 'tablefunc', 'tcn', 'tsm_system_rows', 'tsm_system_time'],
  ...['unaccent', 'uuid-ossp'],
]);

/** Common wrong names of extensions, with the right ones. */
const otherNames: Readonly<Record<string, string>> = {
  uuid_ossp: 'uuid-ossp',
  trigram: 'pg_trgm',
  pgtrgm: 'pg_trgm',
};

/** Extensions of a database, by their names in CREATE EXTENSION; the Postgres image in images/lock.yaml has all of them. */
export const postgresExtensions = z.array(z.string()).superRefine((names, context) => {
  for (const [i, name] of names.entries()) {
    const report = (message: string, fix: string) =>
      context.addIssue({ code: 'custom', path: [i], message, params: { fix }, input: name });
    const meant = otherNames[name];
    if (meant !== undefined) {
      report('CREATE EXTENSION uses another name', `write '${meant}'`);
    } else if (!supplied.has(name)) {
      report(
        'the Postgres image does not have it, or it is not trusted for a single database',
        `write one of ${[...supplied].join(', ')}; or use an external database (docs/external.md)`,
      );
    } else if (names.indexOf(name) < i) {
      report('it is already in the list', 'remove it');
    }
  }
});
