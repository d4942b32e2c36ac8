import { PgBoss } from 'pg-boss';
import type { DatabaseAccess } from '../../kit/database.ts';
import { log } from '../../kit/log.ts';
import { inSpan, isTraced, SpanKind } from '../../kit/tracing.ts';

/** Schema of pg-boss's tables; its default. */
export const schema = 'pgboss';

/** pg-boss on existing tables: the service's role may use them, but not change them. */
export function makeBoss({ config }: DatabaseAccess): PgBoss {
  const boss = new PgBoss({
    // Unknown options are passed to `pg`.
    ...config,
    schema,
    migrate: false,
    createSchema: false,
    // Rebuilding an index requires the owner.
    reindex: false,
    // A dead worker is noticed soon after its last heartbeat.
    monitorIntervalSeconds: 10,
    superviseIntervalSeconds: 10,
  });
  boss.on('error', (error) => log.error('pg-boss', { error }));
  boss.on('warning', ({ message, data }) => log.warn('pg-boss', { warning: message, data }));
  return boss;
}

/**
 * Makes each statement of a request a span below it; statements of pg-boss' own maintenance are not traced.
 */
export function traceStatements(boss: PgBoss): void {
  const database = boss.getDb();
  const execute = database.executeSql.bind(database);
  database.executeSql = (text, values) =>
    isTraced()
      ? inSpan(`db ${firstLine(text)}`, SpanKind.CLIENT, { 'db.system.name': 'postgresql' }, () =>
          execute(text, values),
        )
      : execute(text, values);
}

function firstLine(text: string): string {
  return text.trimStart().split('\n', 1)[0]?.trimEnd().slice(0, 80) ?? '';
}
