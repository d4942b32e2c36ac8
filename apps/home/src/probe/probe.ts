import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stores } from '../stores.ts';
import { type Probed, type ProbedSignal, type Search, searches } from './found.ts';
import { linesOf, type ProbeRequest, spanOf } from './telemetry.ts';

/** Inputs of the probe. */
export interface ProbeInput {
  stores: Stores;
  probed: Probed;
  /** Address of the front page. */
  page: string;
  /** Writes a log line. Default: to standard output. */
  write?: (line: string) => void;
  /** Time between two requests. Default: a minute. */
  everyMs?: number;
}

/** A signal of the synthetic requests. */
export interface ProbeResult {
  signal: ProbedSignal;
  /** Whether one of the requests of the last five rounds was found in the store. */
  reached: boolean;
  /** Why the newest search did not find its request; empty if it did. */
  trouble: string;
}

/** The running probe. */
export interface Probe {
  /** One result for each signal; empty until the first searches that count, and once no request was judged for five rounds. */
  results(): ProbeResult[];
}

/** Rounds for which a request counts that was found. */
const lasting = 5;

/**
 * Rounds between a request and the search for it. Its metric needs the longest: 30 s to be flushed by the collector, 30 s to be read by
 * Prometheus.
 */
const patience = 2;

/** A search with what it found last. */
interface Watched {
  signal: ProbedSignal;
  search: Search;
  /** Number of the newest round whose request was found. */
  foundIn: number;
  trouble: string;
}

/**
 * Makes a request to the front page every minute, sends its span and writes its lines as an app does, and searches each store for the
 * request of two rounds before, until the signal.
 */
export function startProbe(input: ProbeInput, signal: AbortSignal): Probe {
  const { stores, probed, everyMs = 60_000 } = input;
  const watched = Object.entries(searches(stores, probed)).map(([name, search]): Watched => {
    return { signal: name as ProbedSignal, search, foundIn: Number.NEGATIVE_INFINITY, trouble: '' };
  });
  const sent = new Map<number, ProbeRequest>();
  let judged = { round: 0, at: 0 };

  async function judge(each: Watched, round: number, request: ProbeRequest): Promise<void> {
    try {
      if (await each.search(request, signal)) Object.assign(each, { foundIn: round, trouble: '' });
      else each.trouble = `the request of ${new Date(request.start).toISOString()} is not there`;
    } catch (error) {
      each.trouble = error instanceof Error ? error.message : String(error);
    }
  }

  async function run(): Promise<void> {
    for (let round = 1; !signal.aborted; round += 1) {
      await probe(input, signal, (request) => sent.set(round, request));
      const before = round - patience;
      const request = sent.get(before);
      sent.delete(before);
      if (request !== undefined) {
        await Promise.all(watched.map((each) => judge(each, before, request)));
        judged = { round: before, at: Date.now() };
      }
      await sleep(everyMs, undefined, { signal, ref: false }).catch(() => {});
    }
  }

  void run();
  return {
    results() {
      // A probe that hangs says nothing, and an alert on its absence fires.
      if (Date.now() - judged.at > lasting * everyMs) return [];
      return watched.flatMap(({ signal: name, foundIn, trouble }) => {
        const reached = judged.round - foundIn < lasting;
        // After the start the stores may still be on their way.
        return reached || judged.round >= lasting ? [{ signal: name, reached, trouble }] : [];
      });
    },
  };
}

/** Makes one request, sends its span and writes its lines. A collector that is away is what the searches will tell. */
async function probe(
  { stores, probed, page, write = console.log }: ProbeInput,
  signal: AbortSignal,
  remember: (request: ProbeRequest) => void,
): Promise<void> {
  const identity = { trace: randomBytes(16).toString('hex'), span: randomBytes(8).toString('hex') };
  const start = Date.now();
  const answered = await isAnswered(page, signal);
  const request = { ...identity, start, end: Date.now(), answered };
  remember(request);
  for (const line of linesOf(request)) write(line);
  if (stores.collector === undefined) return;
  try {
    await fetch(`${stores.collector}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(spanOf(request, probed.service)),
      signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
  } catch (error) {
    if (!signal.aborted) write(failure(error));
  }
}

async function isAnswered(page: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(page, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
    await response.arrayBuffer();
    return response.status === 200;
  } catch {
    // The span says that the request failed.
    return false;
  }
}

function failure(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return JSON.stringify({ level: 'warn', message: `the collector takes no span: ${reason}` });
}
