import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { databaseSeconds, gauge } from './metrics.ts';
import { Reachability } from './reachability.ts';
import { inSpan, isTraced, SpanKind } from './tracing.ts';

/**
 * libpq's own variables (PostgreSQL, 'Environment Variables'). The login is a certificate; a password is for a database that
 * others provide.
 */
const variables = z
  .object({
    PGHOST: z.string().min(1),
    PGPORT: z.coerce.number().int().default(5432),
    PGDATABASE: z.string().min(1),
    PGUSER: z.string().min(1),
    PGSSLMODE: z.literal('verify-full', 'verify-full: the server must prove who it is'),
    PGPASSWORD: z.string().min(1).optional(),
    PGSSLCERT: z.string().min(1).optional(),
    PGSSLKEY: z.string().min(1).optional(),
    /** `system`: public authorities. */
    PGSSLROOTCERT: z.string().min(1),
  })
  .refine(
    ({ PGPASSWORD, PGSSLCERT, PGSSLKEY }) =>
      PGPASSWORD !== undefined || (PGSSLCERT !== undefined && PGSSLKEY !== undefined),
    'PGSSLCERT and PGSSLKEY, or PGPASSWORD: the database asks who calls',
  );

type Variables = z.infer<typeof variables>;

/** How long a connection may serve: after it, and after a renewal, every connection was made with the new certificate. */
const maxLifetimeSeconds = 300;

/** Options of `pg`, each of them given. */
export type DatabaseConfig = {
  [Option in
    | 'application_name'
    | 'host'
    | 'port'
    | 'database'
    | 'user'
    | 'max'
    | 'connectionTimeoutMillis'
    | 'idleTimeoutMillis'
    | 'statement_timeout'
    | 'query_timeout'
    | 'maxLifetimeSeconds'
    | 'keepAlive'
    | 'ssl']: Exclude<pg.PoolConfig[Option], undefined>;
};

/** What a pool of `pg` takes; `ssl` is read anew for each connection. */
export interface DatabaseAccess {
  config: DatabaseConfig & { password?: string };
  /** Stops watching the files. */
  close(): void;
}

export function databaseAccess(name: string, env: NodeJS.ProcessEnv): DatabaseAccess {
  const read = variables.safeParse(env);
  if (!read.success) throw new Error(`the database's variables: ${z.prettifyError(read.error)}`);
  const given = read.data;
  const { ssl, close } = tlsOf(given);
  return {
    config: {
      application_name: name,
      host: given.PGHOST,
      port: given.PGPORT,
      database: given.PGDATABASE,
      user: given.PGUSER,
      ...(given.PGPASSWORD === undefined ? {} : { password: given.PGPASSWORD }),
      max: 10,
      connectionTimeoutMillis: 5_000,
      idleTimeoutMillis: 30_000,
      statement_timeout: 10_000,
      // Of a server that is gone nobody says that it is: its answer just does not come.
      query_timeout: 12_000,
      maxLifetimeSeconds,
      keepAlive: true,
      ssl,
    },
    close,
  };
}

interface Tls {
  ssl: DatabaseConfig['ssl'];
  close(): void;
}

/** A certificate that is renewed beside its roots, as the platform's own databases want it; or the files of others. */
function tlsOf(given: Variables): Tls {
  const { PGSSLCERT, PGSSLKEY, PGSSLROOTCERT } = given;
  const folders = new Set([PGSSLCERT, PGSSLKEY, PGSSLROOTCERT].map((file) => dirname(file ?? '')));
  if (PGSSLCERT === undefined || folders.size > 1) return ofOthers(given);
  const identity = new IdentityFolder(dirname(PGSSLCERT));
  return {
    ssl: {
      minVersion: 'TLSv1.3',
      rejectUnauthorized: true,
      get ca() {
        return identity.current.roots;
      },
      get cert() {
        return identity.current.cert;
      },
      get key() {
        return identity.current.key;
      },
    },
    close: () => identity.close(),
  };
}

/** A server of others decides which TLS it speaks; without a file of roots the public authorities are trusted. */
function ofOthers({ PGHOST, PGSSLCERT, PGSSLKEY, PGSSLROOTCERT }: Variables): Tls {
  const text = (file: string | undefined) => (file === undefined ? undefined : readFileSync(file, 'utf8'));
  return {
    ssl: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      servername: PGHOST,
      get ca() {
        return PGSSLROOTCERT === 'system' ? undefined : text(PGSSLROOTCERT);
      },
      get cert() {
        return text(PGSSLCERT);
      },
      get key() {
        return text(PGSSLKEY);
      },
    },
    close: () => undefined,
  };
}

/** What sends statements: the pool, or one transaction. */
export interface Queries {
  /** One statement; `name` is its label in metrics and traces, and its first line in the database's log. */
  query<Row extends pg.QueryResultRow>(name: string, text: string, values?: unknown[]): Promise<Row[]>;
}

/** A pool, counted and traced. */
export class Database implements Queries {
  readonly pool: pg.Pool;
  #access: DatabaseAccess;
  #reachability = new Reachability();

  constructor(access: DatabaseAccess) {
    this.#access = access;
    this.pool = new pg.Pool(access.config);
    // An idle connection that the server closed: the pool drops it by itself and makes another when one is needed.
    this.pool.on('error', (error) => log.warn('idle database connection lost', { error: error.message }));
    gauge('database_pool_connections', 'Connections of the pool, busy or idle.', () => this.pool.totalCount);
    gauge('database_pool_waiting', 'Queries that wait for a connection.', () => this.pool.waitingCount);
  }

  /**
   * One statement; `name` is its label in metrics and traces, and its first line, by which the database's log and `pg_stat_statements`
   * show it. With `until` it waits for a database that is away, and is
   * sent again until that aborts: for statements that change nothing when they run twice.
   */
  async query<Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[] = [],
    until?: AbortSignal,
  ): Promise<Row[]> {
    const once = () => this.#observed(name, () => this.pool.query<Row>(`-- ${name}\n${text}`, values));
    const { rows } = await this.#reachability.ask(once, until);
    return rows;
  }

  /** For readiness: throws where the database has not answered for longer than calls wait for it, and at first. */
  reachable(): Promise<void> {
    return this.#reachability.ready(() => this.#observed('ready', () => this.pool.query('select 1')));
  }

  /** Several statements that happen together or not at all. */
  async transaction<T>(name: string, work: (queries: Queries) => Promise<T>): Promise<T> {
    return this.#observed(name, async () => {
      const client = await this.pool.connect();
      let broken: Error | undefined;
      try {
        await client.query('begin');
        const result = await work({
          query: async <Row extends pg.QueryResultRow>(
            each: string,
            text: string,
            values: unknown[] = [],
          ) => {
            const { rows } = await this.#observed(each, () =>
              client.query<Row>(`-- ${each}\n${text}`, values),
            );
            return rows;
          },
        });
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback').catch((reason: Error) => {
          broken = reason;
        });
        throw error;
      } finally {
        client.release(broken);
      }
    });
  }

  /** Waits for queries that run, then closes every connection. */
  async close(): Promise<void> {
    await this.pool.end();
    this.#access.close();
  }

  async #observed<T>(name: string, work: () => Promise<T>): Promise<T> {
    const end = databaseSeconds.startTimer({ query: name });
    const counted = async () => {
      try {
        const result = await work();
        end({ outcome: 'ok' });
        return result;
      } catch (error) {
        end({ outcome: 'error' });
        throw error;
      }
    };
    // Upkeep, such as the question whether the database answers, would be a trace every two seconds.
    if (!isTraced()) return counted();
    return inSpan(`db ${name}`, SpanKind.CLIENT, { 'db.system.name': 'postgresql' }, counted);
  }
}
