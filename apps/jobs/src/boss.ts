import { PgBoss } from 'pg-boss';
import type { DatabaseAccess } from '../../kit/database.ts';
import { log } from '../../kit/log.ts';
import { inSpan, isTraced, SpanKind } from '../../kit/tracing.ts';

/** Where pg-boss keeps its tables; its own default. */
export const schema = 'pgboss';

/** pg-boss on tables that its migrations made: the role that the service has may use them and not change them. */
export function makeBoss({ config }: DatabaseAccess): PgBoss {
  const boss = new PgBoss({
    // What pg-boss does not know of, it hands on to `pg`.
    ...config,
    schema,
    migrate: false,
    createSchema: false,
    // Rebuilding an index takes its owner.
    reindex: false,
    // A worker's service that died is noticed soon after its last heartbeat.
    monitorIntervalSeconds: 10,
    superviseIntervalSeconds: 10,
  });
  boss.on('error', (error) => log.error('pg-boss', { error }));
  boss.on('warning', ({ message, data }) => log.warn('pg-boss', { warning: message, data }));
  return boss;
}

/** From here on each statement that a request causes is a span below it; those of pg-boss' own upkeep are not. */
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
