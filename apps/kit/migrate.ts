import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { appliedMigrations, noteApplied } from './applied.ts';
import { isUnreachable, untilReachable } from './reachability.ts';

/** One file, such as `001-orders.sql`; files run once, in the order of their names. */
interface Migration {
  name: string;
  sql: string;
  /** Hash of the text: a file that ran must not change. */
  sha256: string;
}

/** An error that a retry cannot fix: a file that is wrong, was changed, or is missing. */
export class WrongMigration extends Error {
  override readonly name = 'WrongMigration';
}

/** Exits as the Job expects: code 1 if a retry can help, 2 if not. */
export async function asJob(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    console.error(error instanceof WrongMigration ? error.message : error);
    process.exitCode = error instanceof WrongMigration ? 2 : 1;
  }
}

/** An arbitrary constant: runners for one database wait for each other. */
const lock = 7_245_961;

/**
 * Migrates a database with the SQL files of a folder, as its owner: each in a transaction with its record,
 * all under one lock. It can run twice, and concurrently. Throws if a file failed, was changed, or is
 * missing.
 */
export async function migrate(options: {
  config: pg.ClientConfig;
  /** Folder of the SQL files. Default: none. */
  folder?: string;
  report: (line: string) => void;
  /** Runs under the same lock, after the files. */
  after?: () => Promise<void>;
  /** Seconds to wait for an unreachable database, for example during a start or failover. Default: 60. */
  patienceSeconds?: number;
}): Promise<void> {
  const { folder, report, after, patienceSeconds = 60 } = options;
  const files = folder === undefined ? [] : readMigrations(folder);
  const client = await connect(options.config, patienceSeconds, report);
  try {
    await client.query('select pg_advisory_lock($1)', [lock]);
    const applied = await appliedMigrations(client);
    refuseChanged(files, applied);
    for (const file of files.filter(({ name }) => !applied.has(name))) {
      await apply(client, file);
      report(`${file.name}: applied`);
    }
    await after?.();
    report('the database is up to date');
  } finally {
    await client.end(); // closing the connection releases the lock
  }
}

async function connect(
  config: pg.ClientConfig,
  patienceSeconds: number,
  report: (line: string) => void,
): Promise<pg.Client> {
  const once = async () => {
    const client = new pg.Client({ ...config, statement_timeout: 0, query_timeout: 0 });
    await client.connect();
    return client;
  };
  return await untilReachable(once, AbortSignal.timeout(patienceSeconds * 1000), (error) =>
    report(`waiting for the database: ${error.message}`),
  );
}

async function apply(client: pg.Client, { name, sql, sha256 }: Migration): Promise<void> {
  try {
    await client.query('begin');
    await client.query(sql);
    await noteApplied(client, name, sha256);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => {}); // the connection is gone, and the transaction with it
    if (isUnreachable(error)) throw error;
    const why = error instanceof Error ? error.message : error;
    throw new WrongMigration(`${name}${place(sql, error)}: ${why}`, { cause: error });
  }
}

function readMigrations(folder: string): Migration[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(folder, name), 'utf8');
      return { name, sql, sha256: createHash('sha256').update(sql).digest('hex') };
    });
}

function refuseChanged(files: readonly Migration[], applied: ReadonlyMap<string, string>): void {
  for (const [name, sha256] of applied) {
    const file = files.find((each) => each.name === name);
    if (file === undefined) {
      throw new WrongMigration(`${name} ran earlier, but is not among the files any more`);
    }
    if (file.sha256 !== sha256) {
      throw new WrongMigration(`${name} was changed after it ran: write a new file instead`);
    }
  }
}

/** Position in the file where Postgres stopped: ':LINE:COLUMN', if it reports one. */
function place(sql: string, error: unknown): string {
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  if (!Number.isInteger(position)) return '';
  const before = sql.slice(0, position - 1).split('\n');
  return `:${before.length}:${(before.at(-1)?.length ?? 0) + 1}`;
}
