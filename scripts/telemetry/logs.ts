import { setTimeout as sleep } from 'node:timers/promises';
import { type LogLine, logLine, printLine } from './log-line.ts';
import { type LogOptions, type LogSelection, logsQl } from './log-query.ts';
import { lokiLines } from './loki.ts';
import { podLogs } from './pod-logs.ts';
import { RecentLines } from './recent-lines.ts';
import { grafanaLogin, isReached, linesOf, type Store, withStore } from './store.ts';

/** Prints the newest lines of a selection, oldest first; with `follow` also new lines as they arrive. */
export async function showLogs(options: LogOptions, signal: AbortSignal): Promise<number> {
  const print = (line: LogLine) =>
    process.stdout.write(`${options.json ? JSON.stringify(line) : printLine(line)}\n`);
  const printed = new RecentLines();
  // Without a login at Grafana, and without a store, the nodes still have the logs of running pods.
  if (isReached(options.environment, 'loki') && grafanaLogin() !== undefined)
    return logsOfLoki(options, printed, print, signal);
  if (!isReached(options.environment, 'victoria-logs')) return podLogs(options, print, signal);
  await withStore(options.environment, 'victoria-logs', async (store) => {
    for (const line of await logLines(store, options, options.limit)) if (printed.add(line)) print(line);
  });
  if (options.follow) await follow(options, printed, print, signal);
  return 0;
}

/** The same from Loki. It is asked again for what came: its live tail speaks WebSocket, which Grafana's way to a data source does not. */
async function logsOfLoki(
  options: LogOptions,
  printed: RecentLines,
  print: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<number> {
  await withStore(options.environment, 'loki', async (store) => {
    let selection: LogSelection = options;
    do {
      for (const line of await lokiLines(store, selection, options.limit)) if (printed.add(line)) print(line);
      selection = { ...options, since: `${lateMs / 1_000}s` };
      if (options.follow) await sleep(2_000, undefined, { signal }).catch(() => undefined);
    } while (options.follow && !signal.aborted);
  });
  return 0;
}

/** The newest lines of a selection, oldest first. */
export async function logLines(store: Store, selection: LogSelection, limit: number): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  const query = { query: logsQl(selection), limit: String(limit) };
  for await (const line of linesOf(store, '/select/logsql/query', query)) {
    if (line !== '') lines.push(logLine(line));
  }
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** Milliseconds by which a line can arrive late: the agent and the store gather lines for a second each. */
const lateMs = 10_000;

/**
 * Lines as they arrive ('Live tailing'), until `signal` aborts. A store that restarts is waited for. Each line is printed once, although the store sends
 * those of the seconds before a tail begins again.
 */
async function follow(
  options: LogOptions,
  printed: RecentLines,
  print: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { since: _, ...live } = options;
  let from = Date.now() - lateMs;
  while (!signal.aborted) {
    let said = '';
    try {
      await withStore(options.environment, 'victoria-logs', async (store) => {
        const query = { query: logsQl(live), start_offset: `${Date.now() - from}ms` };
        for await (const text of linesOf(store, '/select/logsql/tail', query, signal)) {
          const line = text === '' ? undefined : logLine(text);
          if (line !== undefined && printed.add(line)) print(line);
        }
      });
    } catch (error) {
      said = error instanceof Error ? error.message : String(error);
    }
    if (signal.aborted) return;
    from = Date.now() - lateMs;
    process.stderr.write(`waiting for log lines again${said === '' ? '' : `: ${said}`}\n`);
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}
