import { Agent, request } from 'node:http';
import { availableParallelism, loadavg } from 'node:os';
import { npmCommand } from '../scripts/cli/command.ts';
import { table } from '../scripts/cli/table.ts';
import { SignInWorld } from '../test/sign-in/world.ts';
import { measureSignIns } from './sign-in/sign-ins.ts';
import { carryOut, perSecond, quantile, type Taken } from './sign-in/taken.ts';

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
    'Measures the latency that the sign-in proxy adds (the same app directly and behind it; load, app, proxy and a test Kratos share one process), and sign-ins by password on a real Kratos and PostgreSQL.',
  )
  .option('--requests <number>', 'requests of each side', Number, 5_000)
  .option('--sign-ins <number>', 'sign-ins of each side; 0 leaves them out', Number, 80)
  .action(async ({ requests, signIns }: { requests: number; signIns: number }) => {
    await compareRequests(requests);
    if (signIns > 0) {
      console.log(tableOf('sign-ins', await measureSignIns(signIns, atOnce)));
      console.log(machine());
    }
  });

async function compareRequests(requests: number): Promise<void> {
  const world = await SignInWorld.make();
  try {
    const sides = sidesOf(world);
    // The first round is a warm-up.
    for (const side of sides) await measure(side, requests);
    const before = world.kratos.whoamis;
    const measured = [];
    for (const side of sides) measured.push({ name: side.name, taken: await measure(side, requests) });
    console.log(tableOf('requests', measured));
    const asked = world.kratos.whoamis - before;
    console.log(`Kratos was asked ${asked} times for ${requests} requests of ${people} people.`);
    console.log(machine());
  } finally {
    await world.close();
  }
}

const machine = () =>
  `${availableParallelism()} cores, load ${(loadavg()[0] ?? 0).toFixed(1)}, ${atOnce} at once.\n`;

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

async function measure({ port, headers }: AskedSide, requests: number): Promise<Taken> {
  const agent = new Agent({ keepAlive: true, maxSockets: atOnce });
  const taken = await carryOut(requests, atOnce, (i) => ask(port, agent, headers(i)));
  agent.destroy();
  return taken;
}

function ask(port: number, agent: Agent, headers: Record<string, string>): Promise<void> {
  return new Promise((done, fail) => {
    const options = { host: '127.0.0.1', port, path: '/orders', agent, headers };
    const asked = request(options, (response) => {
      if (response.statusCode !== 200) fail(new Error(`an answer of ${response.statusCode}`));
      response.resume().once('end', done);
    });
    asked.once('error', fail).end();
  });
}

/** A line for each side; the last column compares its rate with that of the first. */
function tableOf(unit: string, sides: { name: string; taken: Taken }[]): string {
  const first = sides[0]?.taken;
  const rows = sides.map(({ name, taken }) => [
    name,
    perSecond(taken).toFixed(perSecond(taken) < 100 ? 1 : 0),
    quantile(taken, 0.5).toFixed(2),
    quantile(taken, 0.99).toFixed(2),
    first === undefined ? '' : (perSecond(taken) / perSecond(first)).toFixed(2),
  ]);
  return table(['', `${unit}/s`, 'p50 ms', 'p99 ms', 'ratio'], rows).join('\n');
}

await program.parseAsync();
