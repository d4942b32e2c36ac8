import { InvalidArgumentError, Option } from 'commander';
import { ask } from '../apps/kit/client.ts';
import { type Job, JobState, JobsServiceClient, type Schedule } from '../apps/kit/generated/jobs.ts';
import type { CallOptions } from './call/connection.ts';
import { servePage } from './call/page.ts';
import { call, callOptions } from './call/run.ts';
import { npmCommand } from './cli/command.ts';
import { table } from './cli/table.ts';

type Given = CallOptions & { json?: boolean };

const states = ['queued', 'active', 'retry', 'completed', 'cancelled', 'dead'] as const;
const program = npmCommand('jobs').description(
  'Looks at the queue and fills it, with a certificate of your own.',
);

/** A call of the queue, and what is shown of its answer. */
const callJobs = <T>(
  options: Given,
  work: (client: JobsServiceClient) => Promise<T>,
  text: (answer: T) => string | string[],
) => call('jobs', JobsServiceClient, options, work, text);

callOptions(program.command('queues'))
  .description('queues, and how many jobs are in which state')
  .action((options: Given) =>
    callJobs(
      options,
      async (client) => (await ask(client, client.listQueues, {})).queues,
      (queues) =>
        table(
          ['QUEUE', 'QUEUED', 'ACTIVE', 'RETRY', 'DEAD', 'COMPLETED', 'CANCELLED'],
          queues.map(({ name, queued, active, retry, dead, completed, cancelled }) =>
            [name, queued, active, retry, dead, completed, cancelled].map(String),
          ),
        ),
    ),
  );

callOptions(program.command('enqueue'))
  .description('put a job into a queue, which is made where there is none')
  .argument('<queue>', "such as 'orders.confirm'")
  .argument('[payload]', 'a JSON object', objectFrom, {})
  .option('--key <text>', 'the same key in the same queue is the same job', '')
  .option('--priority <number>', 'higher first', Number, 0)
  .option('--at <time>', 'not before, such as 2030-01-31T08:00Z', timeFrom)
  .option('--retries <number>', 'attempts after the first', Number)
  .action(
    (
      queue: string,
      payload: Record<string, unknown>,
      options: Given & { key: string; priority: number; at?: Date; retries?: number },
    ) =>
      callJobs(
        options,
        (client) =>
          ask(client, client.enqueue, {
            queue,
            payload,
            idempotencyKey: options.key,
            priority: options.priority,
            runAt: options.at,
            retry: options.retries === undefined ? undefined : { limit: options.retries },
          }),
        ({ id, duplicate }) => `${id}${duplicate ? '  (was there already)' : ''}`,
      ),
  );

callOptions(program.command('list'))
  .description('the newest jobs of a queue')
  .argument('<queue>')
  .addOption(new Option('--state <state>', 'of one state').choices(states))
  .option('--limit <number>', 'at most 200', Number, 20)
  .action((queue: string, options: Given & { state?: (typeof states)[number]; limit: number }) =>
    callJobs(
      options,
      async (client) => {
        const state =
          options.state === undefined
            ? JobState.JOB_STATE_UNSPECIFIED
            : JobState[`JOB_STATE_${options.state.toUpperCase() as Uppercase<typeof options.state>}`];
        return (await ask(client, client.listJobs, { queue, state, pageSize: options.limit, pageToken: '' }))
          .jobs;
      },
      jobText,
    ),
  );

for (const [name, description] of [
  ['get', 'one job'],
  ['retry', 'run a dead or cancelled job once more'],
  ['cancel', 'take a job that waits out of its queue'],
] as const) {
  callOptions(program.command(name))
    .description(description)
    .argument('<queue>')
    .argument('<id>')
    .action((queue: string, id: string, options: Given) =>
      callJobs(
        options,
        async (client) => {
          const method = { get: client.getJob, retry: client.retryJob, cancel: client.cancelJob }[name];
          return (await ask(client, method, { queue, id })).job;
        },
        (job) => jobText(job ? [job] : []),
      ),
    );
}

callOptions(program.command('schedules'))
  .description('what is enqueued again and again')
  .action((options: Given) =>
    callJobs(
      options,
      async (client) => (await ask(client, client.listSchedules, {})).schedules,
      scheduleText,
    ),
  );

callOptions(program.command('schedule'))
  .description('enqueue a job again and again')
  .argument('<queue>')
  .argument('<cron>', "five fields in quotes, such as '0 3 * * *'")
  .argument('[payload]', 'a JSON object', objectFrom, {})
  .option('--key <text>', 'several schedules of one queue have different keys', '')
  .option('--time-zone <name>', 'such as Europe/Berlin', 'UTC')
  .action(
    (
      queue: string,
      cron: string,
      payload: Record<string, unknown>,
      options: Given & { key: string; timeZone: string },
    ) =>
      callJobs(
        options,
        (client) =>
          ask(client, client.putSchedule, {
            schedule: { queue, key: options.key, cron, timeZone: options.timeZone, payload },
          }),
        ({ nextRunAt }) => `next: ${nextRunAt?.toISOString()}`,
      ),
  );

callOptions(program.command('unschedule'))
  .description('end a schedule')
  .argument('<queue>')
  .option('--key <text>', 'of several', '')
  .action((queue: string, options: Given & { key: string }) =>
    callJobs(
      options,
      (client) => ask(client, client.deleteSchedule, { queue, key: options.key }),
      () => 'ended',
    ),
  );

callOptions(program.command('page'))
  .description('the page for looking at and retrying jobs, on a port of this machine, until Ctrl-C')
  .option('--port <number>', 'default: a free one', Number, 0)
  .action((options: Given & { port: number }) => servePage('jobs', options));

await program.parseAsync();

function jobText(jobs: readonly Job[]): string[] {
  if (jobs.length === 0) return ['no jobs'];
  return table(
    ['JOB', 'STATE', 'ATTEMPTS', 'PRIORITY', 'CREATED', 'LAST WORD'],
    jobs.map(({ id, state, attempts, attemptsMax, priority, createdAt, output }) => [
      id,
      states.find(
        (name) => JobState[`JOB_STATE_${name.toUpperCase() as Uppercase<typeof name>}`] === state,
      ) ?? '',
      `${attempts} of ${attemptsMax}`,
      String(priority),
      createdAt?.toISOString() ?? '',
      output === undefined ? '' : JSON.stringify(output).slice(0, 60),
    ]),
  );
}

function scheduleText(schedules: readonly Schedule[]): string[] {
  if (schedules.length === 0) return ['no schedules'];
  return table(
    ['QUEUE', 'KEY', 'CRON', 'TIME ZONE'],
    schedules.map(({ queue, key, cron, timeZone }) => [queue, key, cron, timeZone]),
  );
}

function objectFrom(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`no JSON: ${error instanceof Error ? error.message : error}.`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidArgumentError(`a JSON object is wanted, such as '{"order":7}'.`);
  }
  return Object.fromEntries(Object.entries(value));
}

function timeFrom(text: string): Date {
  const time = new Date(text);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('a time such as 2030-01-31T08:00Z is wanted.');
  return time;
}
