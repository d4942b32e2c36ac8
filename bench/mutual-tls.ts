import { rmSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import { type ChannelCredentials, credentials, Server, ServerCredentials } from '@grpc/grpc-js';
import { ask, clientCredentials } from '../apps/kit/client.ts';
import {
  type HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthClient,
  HealthService,
} from '../apps/kit/generated/health.ts';
import { IdentityFolder } from '../apps/kit/identity.ts';
import { npmCommand } from '../scripts/cli/command.ts';
import { table } from '../scripts/cli/table.ts';
import { TestAuthority } from '../test/services/authority.ts';
import { scratch, writeIdentity } from '../test/services/identity-folder.ts';
import { median } from './measure.ts';

/** One server configuration for the same call. */
interface Side {
  name: string;
  port: number;
  credentials: ChannelCredentials;
  options: Record<string, string>;
  stop(): Promise<void>;
}

const program = npmCommand('bench:identity')
  .description(
    'Measures the cost of mutual TLS: the same gRPC call with certificates of both sides and without any, in the same run. No handshake is resumed.',
  )
  .option('--connections <number>', 'connections of each side, with one call each', Number, 300)
  .option('--calls <number>', 'calls of each side on one connection', Number, 2_000)
  .option('--json', 'print the figures as JSON')
  .action(async (options: { connections: number; calls: number; json?: boolean }) => {
    const sides = [await plain(), await mutual()];
    const figures = sides.map(({ name }) => ({
      side: name,
      connection: [] as number[],
      call: [] as number[],
    }));
    try {
      // Alternating, so that other load on the machine affects both.
      for (let n = -10; n < options.connections; n++) {
        for (const [i, side] of sides.entries()) {
          const took = await connection(side);
          if (n >= 0) figures[i]?.connection.push(took);
        }
      }
      const turn = 100;
      for (let done = 0; done < options.calls; done += turn) {
        for (const [i, side] of sides.entries()) figures[i]?.call.push(...(await calls(side, turn)));
      }
    } finally {
      for (const side of sides) await side.stop();
    }
    const machine = { cores: availableParallelism(), load: loadavg()[0] ?? 0 };
    const medians = figures.map(({ side, connection: each, call }) => ({
      ...{ side, connectionMs: median(each), callMs: median(call) },
    }));
    if (options.json === true) {
      process.stdout.write(`${JSON.stringify({ machine, medians })}\n`);
      return;
    }
    const [bare, ours] = medians;
    const rows = medians.map(({ side, connectionMs, callMs }) => [
      side,
      `${connectionMs.toFixed(2)} ms`,
      `${callMs.toFixed(3)} ms`,
    ]);
    if (bare && ours) {
      const ratio = (key: 'connectionMs' | 'callMs') => `${(ours[key] / bare[key]).toFixed(2)} x`;
      rows.push(['mutual TLS to none', ratio('connectionMs'), ratio('callMs')]);
    }
    const lines = table(['', 'CONNECTION AND FIRST CALL', 'CALL ON IT'], rows);
    process.stdout.write(
      `${lines.join('\n')}\nMedians; ${machine.cores} cores, load ${machine.load.toFixed(1)}.\n`,
    );
  });

await program.parseAsync();

function open({ port, credentials: own, options }: Side): HealthClient {
  return new HealthClient(`127.0.0.1:${port}`, own, { ...options, 'grpc.use_local_subchannel_pool': 1 });
}

async function connection(side: Side): Promise<number> {
  const began = performance.now();
  const client = open(side);
  await ask(client, client.check, { service: '' });
  const took = performance.now() - began;
  client.close();
  return took;
}

/** Milliseconds of each call, one after another. */
async function calls(side: Side, count: number): Promise<number[]> {
  const client = open(side);
  const each: number[] = [];
  for (let n = -20; n < count; n++) {
    const began = performance.now();
    await ask(client, client.check, { service: '' });
    if (n >= 0) each.push(performance.now() - began);
  }
  client.close();
  return each;
}

async function serve(own: ServerCredentials): Promise<{ port: number; stop(): Promise<void> }> {
  const server = new Server();
  server.addService(HealthService, {
    check: (_call: unknown, respond: (error: null, answer: HealthCheckResponse) => void) =>
      respond(null, { status: HealthCheckResponse_ServingStatus.SERVING }),
  });
  const port = await new Promise<number>((done, fail) => {
    server.bindAsync('127.0.0.1:0', own, (error, bound) => (error ? fail(error) : done(bound)));
  });
  return { port, stop: async () => server.forceShutdown() };
}

async function plain(): Promise<Side> {
  const served = await serve(ServerCredentials.createInsecure());
  return { name: 'no TLS', credentials: credentials.createInsecure(), options: {}, ...served };
}

async function mutual(): Promise<Side> {
  const authority = await TestAuthority.make('bench');
  const server = await authority.issue({ commonName: 'server', dnsNames: ['server.bench'] });
  const folder = scratch();
  writeIdentity(folder, await authority.issue({ commonName: 'client' }), authority.roots);
  const caller = new IdentityFolder(folder);
  const { port, stop } = await serve(
    ServerCredentials.createSsl(
      Buffer.from(authority.roots),
      [{ cert_chain: Buffer.from(server.cert), private_key: Buffer.from(server.key) }],
      true,
    ),
  );
  return {
    ...{ name: 'mutual TLS', port, credentials: clientCredentials(caller) },
    options: {
      'grpc.ssl_target_name_override': 'server.bench',
      'grpc.default_authority': 'server.bench',
    },
    stop: async () => {
      await stop();
      caller.close();
      rmSync(folder, { recursive: true });
    },
  };
}
