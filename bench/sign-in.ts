import { Agent, request } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { npmCommand } from '../scripts/cli/command.ts';
import { table } from '../scripts/cli/table.ts';
import { SignInWorld } from '../test/sign-in/world.ts';

const atOnce = 8;
const people = 50;

/** One path of requests to the same app. */
interface AskedSide {
  name: string;
  port: number;
  headers(i: number): Record<string, string>;
}

const program = npmCommand('bench:sign-in')
  .description(
    'Measures the latency that the sign-in proxy adds: the same app directly and behind it. Load, app, proxy and a test Kratos share one process.',
  )
  .option('--requests <number>', 'requests of each side', Number, 5_000)
  .action(async ({ requests }: { requests: number }) => {
    const world = await SignInWorld.make();
    try {
      const sides = sidesOf(world);
      // The first round is a warm-up.
      for (const side of sides) await measure(side, requests);
      const before = world.kratos.whoamis;
      const rows = [];
      for (const side of sides) {
        const { times, seconds } = await measure(side, requests);
        const at = (part: number) => (times[Math.floor(times.length * part)] ?? 0).toFixed(2);
        rows.push([side.name, (requests / seconds).toFixed(0), at(0.5), at(0.99)]);
      }
      console.log(table(['', 'requests/s', 'p50 ms', 'p99 ms'], rows).join('\n'));
      console.log(
        `Kratos was asked ${world.kratos.whoamis - before} times for ${requests} requests of ${people} people.`,
      );
      console.log(
        `${availableParallelism()} cores, load ${(loadavg()[0] ?? 0).toFixed(1)}, ${atOnce} requests at once.`,
      );
    } finally {
      await world.close();
    }
  });

function sidesOf(world: SignInWorld): AskedSide[] {
  const cookies = Array.from({ length: people }, (_, i) => world.signIn(`person-${i}`));
  const host = 'shop.test:8443';
  const proxy = world.running[0]?.ports.visitors ?? 0;
  return [
    { name: 'the app itself', port: world.appPort, headers: () => ({ host }) },
    {
      name: 'behind the proxy',
      port: proxy,
      headers: (i) => ({ host, cookie: `__Host-session=${cookies[i % people]}` }),
    },
  ];
}

/** Milliseconds of each request, sorted, and the total duration. */
async function measure(side: AskedSide, requests: number): Promise<{ times: number[]; seconds: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const times: number[] = [];
  const began = performance.now();
  let next = 0;
  const ask = async () => {
    while (next < requests) times.push(await took(side, agent, next++));
  };
  await Promise.all(Array.from({ length: atOnce }, ask));
  agent.destroy();
  return { times: times.sort((a, b) => a - b), seconds: (performance.now() - began) / 1_000 };
}

function took({ port, headers }: AskedSide, agent: Agent, i: number): Promise<number> {
  const began = performance.now();
  return new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port, path: '/orders', agent, headers: headers(i) };
    const asked = request(options, (response) => {
      if (response.statusCode !== 200) fail(new Error(`an answer of ${response.statusCode}`));
      response.resume().once('end', () => done(performance.now() - began));
    });
    asked.once('error', fail).end();
  });
}

await program.parseAsync();
