import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { withoutSecrets } from '../../apps/kit/without-secrets.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import type { EndedPhase } from '../cli/phases.ts';
import { type Run, readRuns, writeRuns } from './runs.ts';

const collector = 'opentelemetry-collector';

/** Milliseconds that a command which failed waits for the collector. */
const patienceMs = 5_000;

type Target = Pick<Cluster, 'name' | 'observability'>;

/**
 * Runs a command and keeps and sends what it notes of its phases, also if it fails or is interrupted: then nothing is said of the
 * trace, and the failure stays what it is. Who interrupts a command does not wait: the next run sends that trace.
 */
export async function notedRun<T>(
  cluster: Target,
  command: string,
  report: (message: string) => void,
  work: (note: (phase: EndedPhase) => void) => Promise<T>,
): Promise<T> {
  const phases: EndedPhase[] = [];
  const note = (phase: EndedPhase) => void phases.push(phase);
  let result: T;
  try {
    result = await work(note);
  } catch (error) {
    const failed = error instanceof Error ? error.message : String(error);
    await noteFailure(cluster, command, phases, failed).catch(() => {});
    throw error;
  }
  await noteRun(cluster, command, phases, report);
  return result;
}

async function noteFailure(
  cluster: Target,
  command: string,
  phases: readonly EndedPhase[],
  failed: string,
): Promise<void> {
  if (phases.at(-1)?.interrupted === true) keepRun(cluster, command, phases, failed);
  else {
    const noted = noteRun(cluster, command, phases, () => {}, failed).catch(() => {});
    await Promise.race([noted, sleep(patienceMs, undefined, { ref: false })]);
  }
}

/** Notes work as one phase. */
export async function timed<T>(
  title: string,
  note: (phase: EndedPhase) => void,
  work: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const ended = (failed?: string): EndedPhase => ({
    ...{ title, seconds: (performance.now() - began) / 1_000 },
    ...(failed === undefined ? {} : { failed }),
  });
  try {
    const result = await work();
    note(ended());
    return result;
  } catch (error) {
    note(ended(error instanceof Error ? error.message : String(error)));
    throw error;
  }
}

/**
 * Keeps the phases of a run and sends a trace of each run that was not sent yet, if the cluster has a collector. A collector that is not
 * there does not fail the command: `report` says so, and the next run sends both.
 */
export async function noteRun(
  cluster: Target,
  command: string,
  phases: readonly EndedPhase[],
  report: (message: string) => void,
  failed?: string,
): Promise<void> {
  const runs = keepRun(cluster, command, phases, failed);
  if (cluster.observability === 'off') return;
  try {
    await sendRuns(
      cluster.name,
      runs.filter(({ sent }) => !sent),
    );
    writeRuns(
      cluster.name,
      runs.map((run) => ({ ...run, sent: true })),
    );
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report(`the trace of these phases waits for the next run: ${why}`);
  }
}

/** Keeps the phases of a run, which the next run that reaches a collector sends; returns all that are kept. */
export function keepRun(
  { name }: Target,
  command: string,
  ended: readonly EndedPhase[],
  failed?: string,
): Run[] {
  const phases = ended.map(({ title, seconds, unchanged, failed: why }) => ({
    ...{ title, seconds },
    ...(unchanged === undefined ? {} : { unchanged }),
    ...(why === undefined ? {} : { failed: withoutSecrets(why) }),
  }));
  const run = {
    ...{ command, ended: new Date().toISOString(), phases, sent: false },
    ...(failed === undefined ? {} : { failed: withoutSecrets(failed) }),
  };
  const runs = [...readRuns(name), run];
  writeRuns(name, runs);
  return runs;
}

async function sendRuns(cluster: string, runs: readonly Run[]): Promise<void> {
  // Imported dynamically: the Kubernetes client is slow to load.
  const { forwardToPod } = await import('../call/port-forward.ts');
  const forward = await forwardToPod(cluster, collector, ports.otlp);
  try {
    const answer = await fetch(`http://127.0.0.1:${forward.port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: runs.map(otlpRun) }),
      signal: AbortSignal.timeout(10_000),
    });
    if (!answer.ok) {
      const next = `See its log: npm run logs -- ${collector}`;
      throw new Failure(`the collector answered ${answer.status}`, next);
    }
  } finally {
    forward.close();
  }
}

/** A run as a trace: the command as its root, a span for each phase (OTLP, 'JSON Protobuf Encoding'). */
export function otlpRun({ command, ended, phases, failed }: Run): object {
  const traceId = randomBytes(16).toString('hex');
  const root = randomBytes(8).toString('hex');
  const end = Date.parse(ended);
  const all = phases.reduce((sum, { seconds }) => sum + seconds, 0) * 1_000;
  let at = end - all;
  const children = phases.map(({ title, seconds, unchanged, failed: why }) => {
    const from = at;
    at += seconds * 1_000;
    const spanId = randomBytes(8).toString('hex');
    const attributes = unchanged === undefined ? [] : [attribute('unchanged', unchanged)];
    return { ...span(title, from, at, why), traceId, spanId, parentSpanId: root, attributes };
  });
  return {
    resource: { attributes: [attribute('service.name', 'plinth')] },
    scopeSpans: [
      {
        scope: { name: 'plinth' },
        spans: [
          { ...span(command, end - all, end, failed), traceId, spanId: root, attributes: [] },
          ...children,
        ],
      },
    ],
  };
}

/** Kind 1 is an internal span: no request that an app served. Code 2 is an error. */
function span(name: string, from: number, to: number, failed: string | undefined): object {
  return {
    name,
    kind: 1,
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(to),
    status: failed === undefined ? {} : { code: 2, message: failed },
  };
}

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function nanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1_000)) * 1_000n}`;
}
