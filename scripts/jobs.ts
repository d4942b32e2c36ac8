import { Option } from 'commander';
import { callOptions } from './call/call-service.ts';
import { servePage } from './call/page.ts';
import { npmCommand } from './cli/command.ts';
import { parseJsonObject, parseTime } from './jobs/arguments.ts';
import {
  callJob,
  deleteSchedule,
  enqueue,
  type JobsOptions,
  listJobs,
  listQueues,
  listSchedules,
  putSchedule,
} from './jobs/calls.ts';
import { jobStates } from './jobs/text.ts';

const program = npmCommand('jobs').description(
  'Reads the job queue and enqueues jobs, with a client certificate of your own.',
);

callOptions(program.command('queues'))
  .description('list the queues, with the number of jobs in each state')
  .action(listQueues);

callOptions(program.command('enqueue'))
  .description('enqueue a job; creates the queue if it does not exist')
  .argument('<queue>', "such as 'orders.confirm'")
  .argument('[payload]', 'a JSON object', parseJsonObject, {})
  .option('--key <text>', 'idempotency key: the same key in the same queue is the same job', '')
  .option('--priority <number>', 'higher runs first', Number, 0)
  .option('--at <time>', 'earliest start, such as 2030-01-31T08:00Z', parseTime)
  .option('--retries <number>', 'attempts after the first', Number)
  .action(enqueue);

callOptions(program.command('list'))
  .description('list the newest jobs of a queue')
  .argument('<queue>')
  .addOption(new Option('--state <state>', 'only jobs in this state').choices(jobStates))
  .option('--limit <number>', 'at most 200', Number, 20)
  .action(listJobs);

for (const [name, description] of [
  ['get', 'show one job'],
  ['retry', 'run a dead or cancelled job once more'],
  ['cancel', 'cancel a job that is waiting'],
] as const) {
  callOptions(program.command(name))
    .description(description)
    .argument('<queue>')
    .argument('<id>')
    .action((queue: string, id: string, options: JobsOptions) => callJob(name, queue, id, options));
}

callOptions(program.command('schedules')).description('list the schedules').action(listSchedules);

callOptions(program.command('schedule'))
  .description('enqueue a job on a schedule')
  .argument('<queue>')
  .argument('<cron>', "five fields in quotes, such as '0 3 * * *'")
  .argument('[payload]', 'a JSON object', parseJsonObject, {})
  .option('--key <text>', 'distinguishes several schedules of one queue', '')
  .option('--time-zone <name>', 'such as Europe/Berlin', 'UTC')
  .action(putSchedule);

callOptions(program.command('unschedule'))
  .description('delete a schedule')
  .argument('<queue>')
  .option('--key <text>', 'key of the schedule, if the queue has several', '')
  .action(deleteSchedule);

callOptions(program.command('page'))
  .description('serve the page of the queue on a port of this machine, until Ctrl-C')
  .option('--port <number>', 'default: a free port', Number, 0)
  .action((options: JobsOptions & { port: number }) => servePage('jobs', options));

await program.parseAsync();
