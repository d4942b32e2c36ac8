import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { rootsName, trustNamespace } from '../../charts/kube/names.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { FakeCluster } from '../services/fake-cluster.ts';
import { until } from '../until.ts';
import { countLines } from './counts.ts';
import { Pipeline } from './pipeline.ts';
import { ContainerLog } from './senders.ts';

/*
 * Log lines from the files of containers to the terminal, by the agent and VictoriaLogs as the charts configure them: files that the kubelet rotates
 * and compresses before they are read, and `npm run logs -f` over a restart of the store. The ways to pods are of the test.
 */

const root = join(import.meta.dirname, '../..');
const printedLine = z.object({ message: z.string() });

let pipeline: Pipeline;
let cluster: FakeCluster;

beforeAll(async () => {
  pipeline = await Pipeline.start(0, {}, ['victoria-logs', 'opentelemetry-agent']);
  cluster = await FakeCluster.start('plinth-dev', {
    secrets: {},
    configMaps: {
      [`${trustNamespace}/${rootsName('victoria-logs')}`]: { 'victoria-logs.pem': pipeline.roots },
    },
    services: {
      [`victoria-logs/victoria-logs:${ports.logs}`]: pipeline.port('victoria-logs', ports.logs),
    },
  });
}, 20 * 60_000);

afterAll(async () => {
  await cluster?.stop();
  await pipeline?.stop();
});

/** Lines of a run, with numbers from a first one on. */
function numbered(run: string, from: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    JSON.stringify({ level: 'info', message: `${run} ${from + i}`, run, n: from + i }),
  );
}

async function untilStored(run: string, wanted: number): Promise<void> {
  let counted = { lines: 0, all: 0 };
  await until(
    async () => {
      counted = await countLines(pipeline.store('victoria-logs'), run);
      return counted.lines >= wanted;
    },
    () => `${wanted} lines of ${run}: ${counted.lines} are there`,
    { seconds: 120, pauseMs: 2_000 },
  );
  expect(counted).toEqual({ lines: wanted, all: wanted });
}

describe('log lines in files that the kubelet rotates', () => {
  it('are all stored, each once, if the app fills file after file before they are read', async () => {
    const log = new ContainerLog(pipeline.podLogs, 'orders');
    const [files, lines] = [5, 4_000];
    for (let file = 0; file < files; file += 1) {
      // 2000 lines a second are read: the first file is not yet read when the last one begins.
      log.write(numbered('rotated', file * lines, lines));
      await sleep(600);
      if (file < files - 1) log.rotate();
    }
    await untilStored('rotated', files * lines);
  }, 240_000);

  it('are all stored, each once, if that happens while the agent is away', async () => {
    const log = new ContainerLog(pipeline.podLogs, 'jobs');
    log.write(numbered('away', 0, 500));
    await untilStored('away', 500);
    await pipeline.part('opentelemetry-agent').kill();
    log.write(numbered('away', 500, 500));
    for (const from of [1_000, 1_500, 2_000]) {
      log.rotate();
      log.write(numbered('away', from, 500));
    }
    await pipeline.part('opentelemetry-agent').start();
    await untilStored('away', 2_500);
  }, 240_000);

  it('keep their pod and container', async () => {
    const shown = await logs('orders', '--grep', '^rotated 1$').ended();
    expect(shown).toMatchObject([{ namespace: 'orders', pod: 'orders-1', container: 'orders' }]);
  }, 60_000);
});

/** `npm run logs` with these arguments. */
function logs(...args: string[]) {
  const child: ChildProcess = spawn(process.execPath, ['scripts/logs.ts', '--json', ...args], {
    cwd: root,
    env: { ...process.env, PLINTH_STATE: cluster.state },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, said] = ['', ''];
  child.stdout?.on('data', (chunk: Buffer) => {
    out += String(chunk);
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said += String(chunk);
  });
  const ended = new Promise<number | null>((done) => child.once('exit', done));
  /** Complete lines. */
  const lines = () =>
    out
      .split('\n')
      .slice(0, -1)
      .map((line) => z.looseObject({}).parse(JSON.parse(line)));
  return {
    messages: () => lines().map((line) => printedLine.parse(line).message),
    said: () => said,
    async ended() {
      expect(await ended, said).toBe(0);
      return lines();
    },
    async interrupted() {
      child.kill('SIGINT');
      return ended;
    },
  };
}

describe('npm run logs -- orders -f', () => {
  it('prints each line once, those before it began and those of after a restart of the store too', async () => {
    const log = new ContainerLog(pipeline.podLogs, 'orders', 'orders-2');
    log.write(numbered('followed', 0, 3));
    await untilStored('followed', 3);
    const following = logs('orders', '--grep', '^followed', '-f');
    const printed = (count: number) =>
      until(
        async () => following.messages().length >= count,
        () => `${count} lines: ${following.messages().join(', ')}; ${following.said()}`,
        { seconds: 90, pauseMs: 200 },
      );
    try {
      await printed(3);
      for (let n = 3; n < 9; n += 1) {
        log.write(numbered('followed', n, 1));
        await sleep(500);
      }
      await printed(9);
      await pipeline.part('victoria-logs').kill();
      log.write(numbered('followed', 9, 1));
      await until(async () => /waiting for log lines again/.test(following.said()), following.said);
      await pipeline.part('victoria-logs').start();
      log.write(numbered('followed', 10, 2));
      await printed(12);
      // What would come twice comes with the next ones.
      await sleep(6_000);
      expect(following.messages().toSorted()).toEqual(
        Array.from({ length: 12 }, (_, n) => `followed ${n}`).toSorted(),
      );
    } finally {
      expect(await following.interrupted()).toBe(0);
    }
  }, 300_000);
});
