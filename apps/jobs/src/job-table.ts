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

/**
 * A page ends after this many bytes of payloads and results as JSON: gRPC clients refuse answers of more than 4 MiB, in
 * which lists of numbers are five times as long; and each answer is held until its caller has read it.
 */
const mostBytes = 256 * 1024;

/** Newest first; a page has fewer jobs than asked for where they are large, and at least one. */
export async function listJobs(
  boss: PgBoss,
  queue: string,
  { state, pageSize, pageToken }: z.output<typeof listQuery>,
): Promise<{ jobs: Job[]; nextPageToken: string | null }> {
  const [before, id] = placeOf(pageToken);
  const { rows } = await boss.getDb().executeSql(
    `select * from (
       select *, count(*) over ()::int as there,
         sum(bytes) over (order by "createdOn" desc, id desc) - bytes as before
       from (
         select ${columns}, ${tokenTime('created_on')} as at,
           octet_length(data::text) + coalesce(octet_length(output::text), 0) as bytes
         from ${schema}.job
         where name = $1 and ($2::text is null or state::text = $2)
           and ($3::timestamptz is null or (created_on, id) < ($3::timestamptz, $4::uuid))
         order by created_on desc, id desc limit $5
       ) as asked
     ) as page where before < $6 order by "createdOn" desc, id desc`,
    [queue, state === undefined ? null : databaseState(state), before, id, pageSize + 1, mostBytes],
  );
  const found = rows as (JobWithMetadata & { at: string; there: number })[];
  const page = found.slice(0, pageSize);
  const last = page.at(-1);
  const more = last !== undefined && last.there > page.length;
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
