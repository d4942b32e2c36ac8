import { availableParallelism, loadavg } from 'node:os';
import { npmCommand } from '../scripts/cli/command.ts';
import { enqueueing, latencies, working } from './jobs/measures.ts';
import { report } from './jobs/report.ts';
import { startSides } from './jobs/sides.ts';

const program = npmCommand('bench:jobs')
  .description(
    'Compares the service `jobs` with the plain library on the same Postgres, in the same run: jobs per second and pick-up latency.',
  )
  .option('--jobs <number>', 'jobs per throughput measurement', Number, 2_000)
  .option('--singles <number>', 'jobs enqueued one by one, for latency', Number, 200)
  .option('--rounds <number>', 'rounds, in which each side takes its turn; the median counts', Number, 3)
  .option('--json', 'print the figures as JSON')
  .action(async (options: { jobs: number; singles: number; rounds: number; json?: boolean }) => {
    const { jobs, singles, rounds } = options;
    const { sides, stop } = await startSides();
    try {
      const figures = [];
      for (let round = 0; round < rounds; round++) {
        for (const side of sides) {
          const queue = `shop.${round}`;
          process.stderr.write(`round ${round + 1} of ${rounds}: ${side.name}\n`);
          const enqueued = await enqueueing(side, queue, jobs);
          const worked = await working(side, queue, jobs);
          const waits = await latencies(side, `${queue}.single`, singles);
          figures.push({ side: side.name, round, enqueued, worked, waits });
        }
      }
      const machine = { cores: availableParallelism(), load: loadavg()[0] ?? 0 };
      process.stdout.write(
        `${options.json === true ? JSON.stringify({ machine, figures }) : report(figures, machine)}\n`,
      );
    } finally {
      await stop();
    }
  });

await program.parseAsync();
