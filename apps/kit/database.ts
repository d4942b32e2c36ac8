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
 * Variables of libpq (PostgreSQL, 'Environment Variables'). The login is a certificate; external databases
 * can use a password.
 */
const variables = z
  .object({
    PGHOST: z.string().min(1),
    PGPORT: z.coerce.number().int().default(5432),
    PGDATABASE: z.string().min(1),
    PGUSER: z.string().min(1),
    PGSSLMODE: z.literal('verify-full', "verify-full: the server's certificate must be verified"),
    PGPASSWORD: z.string().min(1).optional(),
    PGSSLCERT: z.string().min(1).optional(),
    PGSSLKEY: z.string().min(1).optional(),
    /** `system`: public authorities. */
    PGSSLROOTCERT: z.string().min(1),
  })
  .refine(
    ({ PGPASSWORD, PGSSLCERT, PGSSLKEY }) =>
      PGPASSWORD !== undefined || (PGSSLCERT !== undefined && PGSSLKEY !== undefined),
    'PGSSLCERT and PGSSLKEY, or PGPASSWORD: the database requires a login',
  );

type Variables = z.infer<typeof variables>;

/** Maximum age of a connection: so long after a renewal every connection uses the new certificate. */
const maxLifetimeSeconds = 300;

/** Required options of `pg`. */
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

/** Options of a `pg` pool; `ssl` is evaluated for each connection. */
export interface DatabaseAccess {
  config: DatabaseConfig & { password?: string };
  /** Stops watching the files. */
  close(): void;
}

export function databaseAccess(name: string, env: NodeJS.ProcessEnv): DatabaseAccess {
  const read = variables.safeParse(env);
  if (!read.success) throw new Error(`invalid variables of the database: ${z.prettifyError(read.error)}`);
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
      // A server that disappeared sends nothing, so a query needs a time-out.
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

/**
 * TLS with the renewed certificate and its CA certificates for the platform's own databases, or with given
 * files.
 */
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

/**
 * An external server chooses its TLS version; without a file of CA certificates, public authorities are
 * trusted.
 */
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

/** A pool with metrics and traces. */
export class Database implements Queries {
  readonly pool: pg.Pool;
  #access: DatabaseAccess;
  #reachability = new Reachability();

  constructor(access: DatabaseAccess) {
    this.#access = access;
    this.pool = new pg.Pool(access.config);
    // The server closed an idle connection; the pool removes it and opens another on demand.
    this.pool.on('error', (error) => log.warn('idle database connection lost', { error: error.message }));
    gauge('database_pool_connections', 'Connections of the pool, busy or idle.', () => this.pool.totalCount);
    gauge('database_pool_waiting', 'Queries waiting for a connection.', () => this.pool.waitingCount);
  }

  /**
   * Runs one statement. `name` is its label in metrics and traces, and its first line, with which the
   * database's log and `pg_stat_statements` show it. With `until` it waits for an unavailable database and
   * repeats the statement until that aborts: only for idempotent statements.
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

  /**
   * For readiness: throws if the database has not answered for longer than calls wait for it, and at first.
   */
  reachable(): Promise<void> {
    return this.#reachability.ready(() => this.#observed('ready', () => this.pool.query('select 1')));
  }

  /** Runs several statements in one transaction. */
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

  /** Waits for running queries, then closes every connection. */
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
    // Maintenance, such as the readiness query, would create a trace every two seconds.
    if (!isTraced()) return counted();
    return inSpan(`db ${name}`, SpanKind.CLIENT, { 'db.system.name': 'postgresql' }, counted);
  }
}
