import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PgBoss } from 'pg-boss';
import { migrateJobs } from '../../apps/jobs/migrations/schema.ts';
import { ask, clientCredentials, clientOptions } from '../../apps/kit/client.ts';
import { type DatabaseAccess, databaseAccess } from '../../apps/kit/database.ts';
import { type Job, JobsServiceClient } from '../../apps/kit/generated/jobs.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { databaseRole } from '../../model/schema/database.ts';
import { freePort } from '../../test/free-port.ts';
import { TestAuthority } from '../../test/services/authority.ts';
import { scratch, writeIdentity } from '../../test/services/identity-folder.ts';
import { databaseEnv, makeDatabase, Postgres } from '../../test/services/postgres.ts';
import type { Side } from './side.ts';

/** Both sides on one Postgres with client certificates, each in its own database; the service runs in a separate process. */
export async function startSides(): Promise<{ sides: Side[]; stop(): Promise<void> }> {
  const authority = await TestAuthority.make('databases');
  const postgres = await Postgres.start(authority, { fsync: 'on', synchronous_commit: 'on' });
  const identities = scratch();
  const login = async (app: string, access: 'owner' | 'read-write') => {
    const folder = join(identities, `${app}-${access}`);
    writeIdentity(folder, await authority.issue({ commonName: databaseRole(app, access) }), authority.roots);
    return databaseEnv(postgres, app, access, folder);
  };
  for (const app of ['bare', 'jobs']) {
    await makeDatabase(postgres, app);
    await migrateJobs(databaseAccess('migrations', await login(app, 'owner')), () => {});
  }
  const access = databaseAccess('bare', await login('bare', 'read-write'));
  const polling = await bareSide('library, as it comes: it polls', access, false);
  const notified = await bareSide('library with its LISTEN', access, true);
  const service = await serviceSide(await login('jobs', 'read-write'), identities);
  return {
    sides: [polling.side, notified.side, service.side],
    stop: async () => {
      for (const each of [polling, notified, service]) await each.stop();
      access.close();
      await postgres.stop();
      await rm(identities, { recursive: true });
    },
  };
}

async function bareSide(name: string, access: DatabaseAccess, notify: boolean) {
  const boss = new PgBoss({ ...access.config, migrate: false, createSchema: false, useListenNotify: notify });
  boss.on('error', (error) => console.error(name, error));
  await boss.start();
  const made = new Set<string>();
  const named = async (queue: string) => {
    const own = `${queue}.${notify ? 'notify' : 'poll'}`;
    if (!made.has(own)) await boss.createQueue(own, { notify });
    made.add(own);
    return own;
  };
  const side: Side = {
    name,
    enqueue: async (queue) => {
      await boss.send(await named(queue), {});
    },
    work: async (queue, atOnce, done) => {
      const own = await named(queue);
      // Maximum throughput: whole batches are settled at once, and a full batch is followed by the next immediately.
      const options = { batchSize: atOnce, pollingIntervalSeconds: 0.5, burstWhenBatchFull: true };
      await boss.work(own, options, async (jobs) => {
        for (const _ of jobs) done();
      });
      return { stop: () => boss.offWork(own) };
    },
  };
  return { side, stop: () => boss.stop({ graceful: false }) };
}

async function serviceSide(env: Record<string, string>, identities: string) {
  const authority = await TestAuthority.make('jobs');
  const [server, client] = [join(identities, 'server'), join(identities, 'client')];
  writeIdentity(
    server,
    await authority.issue({ commonName: 'jobs', dnsNames: ['localhost'] }),
    authority.roots,
  );
  writeIdentity(client, await authority.issue({ commonName: 'shop' }), authority.roots);
  const [port, plain] = [await freePort(), await freePort()];
  const running = spawn(process.execPath, [join(import.meta.dirname, '../../apps/jobs/src/server.ts')], {
    env: { ...env, IDENTITY_DIR: server, CALLERS: 'shop', PORT: String(port), HTTP_PORT: String(plain) },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await ready(`http://127.0.0.1:${plain}/readyz`);
  const identity = new IdentityFolder(client);
  const jobs = new JobsServiceClient(`localhost:${port}`, clientCredentials(identity), clientOptions);
  const side: Side = {
    name: 'jobs, by gRPC with mTLS',
    enqueue: async (queue) => {
      const job = { payload: {}, idempotencyKey: '', priority: 0, runAt: undefined, retry: undefined };
      await ask(jobs, jobs.enqueue, { queue, ...job }, 60_000);
    },
    work: async (queue, concurrency, done) => {
      const call = jobs.work();
      call.on('error', () => {}); // cancelled below
      call.on('data', ({ job }: { job?: Job }) => {
        if (job === undefined) return;
        done();
        call.write({ message: { $case: 'completed', value: { id: job.id, result: undefined } } });
      });
      call.write({ message: { $case: 'begin', value: { queue, concurrency } } });
      await ask(jobs, jobs.listSchedules, {}, 60_000);
      const ended = once(call, 'end');
      return {
        stop: async () => {
          call.write({ message: { $case: 'drain', value: {} } });
          await ended;
          call.end();
        },
      };
    },
  };
  return {
    side,
    stop: async () => {
      jobs.close();
      identity.close();
      const exited = once(running, 'exit');
      running.kill('SIGTERM');
      await exited;
    },
  };
}

async function ready(url: string): Promise<void> {
  for (let tries = 0; tries < 300; tries++) {
    const answer = await fetch(url).catch(() => undefined); // not listening yet
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error(`${url} did not answer within 30 s`);
}
