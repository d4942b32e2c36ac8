import type { JobWithMetadata, PgBoss } from 'pg-boss';
import type { z } from 'zod';
import { placeOf, tokenOf, tokenTime } from '../../kit/page-token.ts';
import { schema } from './boss.ts';
import { jobFrom, stateFrom } from './job-from.ts';
import { type Job, type listQuery, type Queue, states } from './schemas.ts';

/**
 * pg-boss finds single jobs by id; lists of jobs are read from its table. The column names match those of its
 * own queries.
 */
const columns = `id, name, data, state, priority, retry_count as "retryCount", retry_limit as "retryLimit",
  created_on as "createdOn", start_after as "startAfter", started_on as "startedOn",
  completed_on as "completedOn", output`;

/** Newest first. */
export async function listJobs(
  boss: PgBoss,
  queue: string,
  { state, pageSize, pageToken }: z.output<typeof listQuery>,
): Promise<{ jobs: Job[]; nextPageToken: string | null }> {
  const [before, id] = placeOf(pageToken);
  const { rows } = await boss.getDb().executeSql(
    `select ${columns},
       ${tokenTime('created_on')} as at
     from ${schema}.job
     where name = $1 and ($2::text is null or state::text = $2)
       and ($3::timestamptz is null or (created_on, id) < ($3::timestamptz, $4::uuid))
     order by created_on desc, id desc limit $5`,
    [queue, state === undefined ? null : databaseState(state), before, id, pageSize + 1],
  );
  const found = rows as (JobWithMetadata & { at: string })[];
  const page = found.slice(0, pageSize);
  const last = page.at(-1);
  const more = found.length > pageSize && last !== undefined;
  return {
    jobs: page.map(jobFrom),
    nextPageToken: more ? tokenOf(last.at, last.id) : null,
  };
}

export async function queueCounts(boss: PgBoss): Promise<Queue[]> {
  const { rows } = await boss.getDb().executeSql(
    `select q.name, j.state::text as state, count(j.id)::int as count
     from ${schema}.queue q left join ${schema}.job j on j.name = q.name
     where q.name not like '\\_\\_pgboss%'
     group by q.name, j.state order by q.name`,
  );
  const queues = new Map<string, Queue>();
  for (const { name, state, count } of rows as {
    name: string;
    state: JobWithMetadata['state'] | null;
    count: number;
  }[]) {
    const none = Object.fromEntries(states.map((each) => [each, 0])) as Record<
      (typeof states)[number],
      number
    >;
    const queue = queues.get(name) ?? { name, ...none };
    if (state !== null) queue[stateFrom(state)] = count;
    queues.set(name, queue);
  }
  return [...queues.values()];
}

function databaseState(state: (typeof states)[number]): string {
  if (state === 'queued') return 'created';
  return state === 'dead' ? 'failed' : state;
}
