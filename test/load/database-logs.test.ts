import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { metricQueries } from '../../charts/database/metrics.ts';
import type { LogLine } from '../../scripts/telemetry/log-line.ts';
import { logLines } from '../../scripts/telemetry/logs.ts';
import { TestAuthority } from '../services/authority.ts';
import { Postgres } from '../services/postgres.ts';
import { until } from '../until.ts';
import { Pipeline } from './pipeline.ts';
import { ContainerLog } from './senders.ts';

/*
 * From a slow statement and a deadlock to their lines and fingerprints: a real PostgreSQL with the rendered parameters, a real agent and a real
 * VictoriaLogs. CloudNativePG, which wraps each line of PostgreSQL in one of its own ('Logging', 'PostgreSQL log'), is of the test.
 */

const parameters = z
  .object({ spec: z.object({ postgresql: z.object({ parameters: z.record(z.string(), z.string()) }) }) })
  .parse(
    parse(
      readFileSync(join(import.meta.dirname, '../../manifests/dev/orders-db/cluster-orders-db.yaml'), 'utf8'),
    ),
  ).spec.postgresql.parameters;
const logged = z.looseObject({
  error_severity: z.string(),
  message: z.string(),
  query_id: z.number().default(0),
});

let postgres: Postgres;
let pipeline: Pipeline;
let container: ContainerLog;
/** Lines of PostgreSQL's log that are already in the container's. */
let passedOn = 0;

beforeAll(async () => {
  const ofLogs = Object.entries(parameters).filter(([name]) => /^(log_|pg_stat_statements\.)/.test(name));
  expect(Object.keys(parameters)).toContain('log_min_duration_statement');
  postgres = await Postgres.start(await TestAuthority.make('database'), {
    ...Object.fromEntries(ofLogs),
    shared_preload_libraries: 'pg_stat_statements',
    log_min_messages: 'warning',
    // CloudNativePG has PostgreSQL write CSV; both have the same fields.
    log_destination: 'jsonlog',
    logging_collector: 'on',
    log_directory: 'log',
    log_filename: 'postgres',
  });
  await postgres.asSuperuser(
    'postgres',
    'create extension pg_stat_statements',
    'create table stock (id int primary key, pieces int)',
    'insert into stock values (1, 10), (2, 10)',
  );
  pipeline = await Pipeline.start(0, {}, ['victoria-logs', 'opentelemetry-agent']);
  container = new ContainerLog(pipeline.podLogs, 'orders', 'orders-db-1');
}, 20 * 60_000);

afterAll(async () => {
  await pipeline?.stop();
  await postgres?.stop();
});

/** Passes on what PostgreSQL logged since, as CloudNativePG does, and waits for a line of it in the store. */
async function stored(grep: string): Promise<LogLine> {
  let [line]: LogLine[] = [];
  await until(
    async () => {
      const text = readFileSync(join(postgres.folder, 'data/log/postgres.json'), 'utf8');
      const lines = text.split('\n').slice(0, -1);
      const records = lines.slice(passedOn).map((each) => logged.parse(JSON.parse(each)));
      passedOn = lines.length;
      container.write(
        records.map((record) =>
          JSON.stringify({
            level: 'info',
            ts: new Date().toISOString(),
            logger: 'postgres',
            msg: 'record',
            record: { ...record, query_id: String(record.query_id) },
          }),
        ),
      );
      [line] = await logLines(pipeline.store('victoria-logs'), { app: 'orders', grep }, 10);
      return line !== undefined;
    },
    `a line with ${grep}`,
    { seconds: 60, pauseMs: 1_000 },
  );
  if (line === undefined) throw new Error('no line');
  return line;
}

/** The fingerprint of a statement in the metric of statements. */
async function fingerprint(statement: RegExp): Promise<string> {
  const rows = await postgres.asSuperuser('postgres', metricQueries('postgres').statements?.query ?? '');
  const found = rows.find((row) => statement.test(String(row.statement)));
  return String(found?.fingerprint);
}

describe('the log of a database', () => {
  it('has a slow statement with the fingerprint under which the metric counts it, without its bound value', async () => {
    const client = new pg.Client({ host: postgres.folder, port: postgres.port, user: 'postgres' });
    await client.connect();
    await client.query('-- place order\nselect pg_sleep($1::float8), $2::text', ['0.6', 'a secret']);
    await client.end();
    const line = await stored('^duration: ');
    expect(line).toMatchObject({ level: 'info', pod: 'orders-db-1' });
    expect(line.message).toContain('-- place order');
    expect(line.fields.query_id).toBe(await fingerprint(/^place order$/));
    expect(JSON.stringify(line)).not.toContain('a secret');
  }, 120_000);

  it('has a deadlock as an error, with the fingerprint of the statement that was ended, and both statements', async () => {
    const clients = await Promise.all(
      [1, 2].map(async () => {
        const client = new pg.Client({ host: postgres.folder, port: postgres.port, user: 'postgres' });
        await client.connect();
        return client;
      }),
    );
    const take = '-- take from stock\nupdate stock set pieces = pieces - 1 where id = $1';
    for (const [i, client] of clients.entries()) {
      await client.query('begin');
      await client.query(take, [i + 1]);
    }
    const ended = await Promise.allSettled(
      clients.map(async (client, i) => {
        // The second asks when the first waits.
        await sleep(200 * i);
        await client.query(take, [2 - i]);
        await client.query('commit');
      }),
    );
    await Promise.all(clients.map((client) => client.end()));
    expect(ended.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const line = await stored('^deadlock detected$');
    expect(line.level).toBe('error');
    expect(line.fields.query_id).toBe(await fingerprint(/^take from stock$/));
    expect(line.fields['record.detail']?.match(/-- take from stock/g)).toHaveLength(2);
    const [{ deadlocks } = { deadlocks: 0 }] = await postgres.asSuperuser(
      'postgres',
      metricQueries('postgres').traffic?.query ?? '',
    );
    expect(Number(deadlocks)).toBe(1);
    // One of the two waited for a second before.
    expect((await stored('still waiting for')).fields.query_id).not.toBe('0');
  }, 120_000);
});
