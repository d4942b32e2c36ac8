import { setTimeout as sleep } from 'node:timers/promises';
import { type LogLine, logLine, printLine } from './log-line.ts';
import { type LogOptions, type LogSelection, logsQl } from './log-query.ts';
import { podLogs } from './pod-logs.ts';
import { isReached, linesOf, type Store, withStore } from './store.ts';

/** Prints the newest lines of a selection, oldest first; with `follow` also new lines as they arrive. */
export async function showLogs(options: LogOptions, signal: AbortSignal): Promise<number> {
  const print = (line: LogLine) =>
    process.stdout.write(`${options.json ? JSON.stringify(line) : printLine(line)}\n`);
  if (!isReached(options.environment, 'victoria-logs')) return podLogs(options, print, signal);
  await withStore(options.environment, 'victoria-logs', async (store) => {
    const found = await logLines(store, options, options.limit);
    for (const line of found) print(line);
    if (options.follow) await follow(store, options, print, signal);
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

/** Lines as they arrive ('Live tailing'), until `signal` aborts; reconnects if the store restarts. */
async function follow(
  store: Store,
  selection: LogSelection,
  print: (line: LogLine) => void,
  signal: AbortSignal,
): Promise<void> {
  const { since: _, ...live } = selection;
  while (!signal.aborted) {
    try {
      for await (const line of linesOf(store, '/select/logsql/tail', { query: logsQl(live) }, signal)) {
        if (line !== '') print(logLine(line));
      }
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    await sleep(1_000, undefined, { signal }).catch(() => undefined);
  }
}
