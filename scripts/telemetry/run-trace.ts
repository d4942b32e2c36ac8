import { randomBytes } from 'node:crypto';
import { ports } from '../../charts/observability/endpoints.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import type { PhaseTime } from '../cli/phases.ts';
import { type Run, readRuns, writeRuns } from './runs.ts';

const collector = 'opentelemetry-collector';

/**
 * Keeps the phases of a run and sends a trace of each run that was not sent yet, if the cluster has a collector. A collector that is not
 * there does not fail the command: `report` says so, and the next run sends both.
 */
export async function noteRun(
  cluster: Pick<Cluster, 'name' | 'observability'>,
  command: string,
  times: readonly Omit<PhaseTime, 'processors'>[],
  report: (message: string) => void,
): Promise<void> {
  const phases = times.map(({ title, seconds, unchanged }) => ({
    ...{ title, seconds },
    ...(unchanged === undefined ? {} : { unchanged }),
  }));
  const runs = [...readRuns(cluster.name), { command, ended: new Date().toISOString(), phases, sent: false }];
  writeRuns(cluster.name, runs);
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
export function otlpRun({ command, ended, phases }: Run): object {
  const traceId = randomBytes(16).toString('hex');
  const root = randomBytes(8).toString('hex');
  const end = Date.parse(ended);
  const all = phases.reduce((sum, { seconds }) => sum + seconds, 0) * 1_000;
  let at = end - all;
  const children = phases.map(({ title, seconds, unchanged }) => {
    const from = at;
    at += seconds * 1_000;
    const spanId = randomBytes(8).toString('hex');
    const attributes = unchanged === undefined ? [] : [attribute('unchanged', unchanged)];
    return { ...span(title, from, at), traceId, spanId, parentSpanId: root, attributes };
  });
  return {
    resource: { attributes: [attribute('service.name', 'plinth')] },
    scopeSpans: [
      {
        scope: { name: 'plinth' },
        spans: [{ ...span(command, end - all, end), traceId, spanId: root, attributes: [] }, ...children],
      },
    ],
  };
}

/** Kind 1 is an internal span: no request that an app served. */
function span(name: string, from: number, to: number): object {
  return {
    name,
    kind: 1,
    startTimeUnixNano: nanoseconds(from),
    endTimeUnixNano: nanoseconds(to),
    status: {},
  };
}

function attribute(key: string, value: string): object {
  return { key, value: { stringValue: value } };
}

function nanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1_000)) * 1_000n}`;
}
