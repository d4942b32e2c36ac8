import { Writable } from 'node:stream';
import { Log } from '@kubernetes/client-node';
import { inSeconds } from '../../model/schema/duration.ts';
import { Failure } from '../cli/failure.ts';
import { clusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';
import { readCluster } from '../repository/read-cluster.ts';
import type { LogLine } from './log-line.ts';
import { isAtLeast, type LogOptions } from './log-query.ts';

/** The same without a store: the logs of running pods that nodes still have, through the API server. */
export async function podLogs(
  options: LogOptions,
  print: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<number> {
  const { app, environment, since } = options;
  if (app === undefined) {
    throw new Failure(
      `clusters/${environment}/cluster.yaml has 'observability: off', so logs are read pod by pod.`,
      'Name an app: npm run logs -- NAME',
    );
  }
  const cluster = readCluster(environment).name;
  const client = clusterClient(cluster);
  const { items } = await ask(client, `pods of ${app}`, client.core.listNamespacedPod({ namespace: app }));
  if (items.length === 0) {
    throw new Failure(`${app} has no pods in ${cluster}.`, 'To list apps: npm run status');
  }
  const log = new Log(client.config);
  const streams = items.flatMap(({ metadata, spec }) =>
    [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map((container) => ({
      pod: metadata?.name ?? '',
      container: container.name,
    })),
  );
  const collected: LogLine[] = [];
  await Promise.all(
    streams.map(async ({ pod, container }) => {
      const take = (text: string): void => {
        const line = podLine({ namespace: app, pod, container }, text);
        if (!isSelected(options, line)) return;
        if (options.follow) print(line);
        else collected.push(line);
      };
      const sink = lines(take);
      const ended = new Promise<void>((done) => sink.once('close', done));
      try {
        const controller = await log.log(app, pod, container, sink, {
          follow: options.follow,
          tailLines: options.limit,
          timestamps: true,
          ...(since === undefined ? {} : { sinceSeconds: inSeconds(since) }),
        });
        signal.addEventListener('abort', () => controller.abort(), { once: true });
      } catch (error) {
        // A container that waits for its image has no log; its reason is reported instead.
        process.stderr.write(`${pod}/${container}: ${error instanceof Error ? error.message : error}\n`);
        return;
      }
      await ended;
    }),
  );
  collected.sort((a, b) => (a.time < b.time ? -1 : 1));
  for (const line of collected.slice(-options.limit)) print(line);
  return 0;
}

function lines(take: (line: string) => void): Writable {
  let rest = '';
  return new Writable({
    write(chunk, _encoding, done) {
      const parts = (rest + String(chunk)).split('\n');
      rest = parts.pop() ?? '';
      for (const part of parts) take(part);
      done();
    },
    final(done) {
      if (rest !== '') take(rest);
      done();
    },
  });
}

/** Parses a line of the kubelet, which starts with its time; JSON is parsed as in the collector. */
export function podLine(from: { namespace: string; pod: string; container: string }, text: string): LogLine {
  const [, time = '', said = ''] = /^(\S+) (.*)$/s.exec(text) ?? [undefined, '', text];
  const object = asObject(said);
  if (object === undefined) return { time, ...from, message: said, fields: {} };
  const { level, severity, message, msg, trace_id: trace, span_id: span, time: _, ...rest } = object;
  const named = { level: level ?? severity, trace, span };
  return {
    time,
    ...from,
    message: String(message ?? msg ?? said),
    ...Object.fromEntries(
      Object.entries(named).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value).toLowerCase()]],
      ),
    ),
    fields: Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]),
    ),
  };
}

function asObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

export function isSelected({ grep, trace, level }: LogOptions, line: LogLine): boolean {
  if (grep !== undefined && !new RegExp(grep).test(line.message)) return false;
  if (trace !== undefined && line.trace !== trace) return false;
  return level === undefined || isAtLeast(level, line.level);
}
