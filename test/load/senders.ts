import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

/** Nanoseconds since 1970, as OTLP has them in JSON. */
function nanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1_000)) * 1_000n}`;
}

/** A span of a story, with what differs from a good one of 20 ms that begins now. */
export interface SpanInput {
  trace: string;
  name?: string;
  /** Id of the span that it is a part of. Default: none, so that it begins the trace. */
  parent?: string;
  /** Milliseconds since 1970. */
  start?: number;
  milliseconds?: number;
  failed?: boolean;
  attributes?: Record<string, string>;
}

export function newTrace(): string {
  return randomBytes(16).toString('hex');
}

/** The body of a request to `/v1/traces` (OTLP, 'JSON Protobuf Encoding'): spans that a service makes as a server. */
export function otlpSpans(
  service: string,
  spans: readonly SpanInput[],
  resource: Readonly<Record<string, string>> = {},
): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: {
          attributes: attributesOf({ 'service.name': service, 'k8s.namespace.name': service, ...resource }),
        },
        scopeSpans: [{ scope: { name: 'load' }, spans: spans.map(otlpSpan) }],
      },
    ],
  });
}

function otlpSpan({
  trace,
  name = 'load',
  parent,
  start = Date.now(),
  milliseconds = 20,
  failed,
  attributes = {},
}: SpanInput) {
  return {
    traceId: trace,
    spanId: randomBytes(8).toString('hex'),
    ...(parent === undefined ? {} : { parentSpanId: parent }),
    name,
    kind: 2,
    startTimeUnixNano: nanoseconds(start),
    endTimeUnixNano: nanoseconds(start + milliseconds),
    attributes: attributesOf(attributes),
    status: failed === true ? { code: 2 } : {},
  };
}

export function attributesOf(attributes: Readonly<Record<string, string>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: { stringValue: value } }));
}

/** Sends a body of OTLP to a collector until it is taken, as SDKs do while a collector is away. Returns how often it was sent. */
export async function sendOtlp(
  port: number,
  path: '/v1/traces' | '/v1/metrics' | '/v1/logs',
  body: string,
  { attempts = 120 }: { attempts?: number } = {},
): Promise<{ status: number; attempts: number }> {
  let status = 0;
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    try {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body });
      await answer.arrayBuffer();
      status = answer.status;
      if (answer.ok || (status >= 400 && status < 500 && status !== 429))
        return { status, attempts: attempt };
    } catch {
      // Nothing listens: sent again below.
    }
    if (attempt < attempts) await sleep(500);
  }
  return { status, attempts };
}

/** The file that the kubelet would have for a container, and what it writes into it (CRI, 'Container log format'). */
export class ContainerLog {
  readonly #path: string;
  #rotations = 0;

  constructor(podLogs: string, app: string, pod = `${app}-1`) {
    this.#path = join(podLogs, `${app}_${pod}_00000000-0000-4000-8000-000000000000`, app, '0.log');
    mkdirSync(dirname(this.#path), { recursive: true });
  }

  /** Lines of one moment. A runtime splits a long line at 16 KiB: all parts but the last have the tag P. */
  write(lines: readonly (string | Buffer)[], time = new Date()): void {
    const parts = lines.flatMap((line) => {
      const bytes = Buffer.from(line);
      const count = Math.max(1, Math.ceil(bytes.length / partBytes));
      return Array.from({ length: count }, (_, i) => [
        Buffer.from(`${time.toISOString()} stdout ${i === count - 1 ? 'F' : 'P'} `),
        bytes.subarray(i * partBytes, (i + 1) * partBytes),
        newline,
      ]);
    });
    appendFileSync(this.#path, Buffer.concat(parts.flat()));
  }

  /**
   * What the kubelet does with a file of its largest size (kubelet, `container_log_manager.go`): the files that were rotated before are compressed,
   * the oldest of them go, and the file gets a name with the time.
   */
  rotate(files = 5): void {
    const folder = dirname(this.#path);
    const rotated = () => readdirSync(folder).filter((name) => name.startsWith('0.log.'));
    for (const name of rotated().filter((each) => !each.endsWith('.gz'))) {
      const file = join(folder, name);
      writeFileSync(`${file}.tmp`, gzipSync(readFileSync(file)));
      renameSync(`${file}.tmp`, `${file}.gz`);
      rmSync(file);
    }
    for (const name of rotated()
      .sort()
      .slice(0, -(files - 2)))
      rmSync(join(folder, name));
    this.#rotations += 1;
    renameSync(this.#path, `${this.#path}.20260101-${String(this.#rotations).padStart(6, '0')}`);
  }
}

const partBytes = 16 * 1024;
const newline = Buffer.from('\n');

/** The metrics of an app with a given number of series; each counts its reads. */
export class SeriesServer {
  series: number;
  #reads = 0;
  readonly #server: Server;

  private constructor(server: Server, series: number) {
    this.#server = server;
    this.series = series;
  }

  static async start(series: number): Promise<SeriesServer> {
    const server = createServer((_, response) => {
      made.#reads += 1;
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' });
      for (let from = 0; from < made.series; from += 1_000) response.write(made.#lines(from));
      response.end();
    });
    const made = new SeriesServer(server, series);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #lines(from: number): string {
    const count = Math.min(1_000, this.series - from);
    return Array.from({ length: count }, (_, i) => `load_series{n="${from + i}"} ${this.#reads}\n`).join('');
  }
}

/**
 * Calls `work` `perSecond` times a second for so many seconds, with the number of the call, late calls at once. It ends when every call
 * has ended.
 */
export async function atRate(
  perSecond: number,
  seconds: number,
  work: (n: number) => Promise<void> | void,
): Promise<number> {
  const began = performance.now();
  const running: Promise<void>[] = [];
  let done = 0;
  while (done < perSecond * seconds) {
    const due = Math.min(perSecond * seconds, Math.floor(((performance.now() - began) / 1_000) * perSecond));
    for (; done < due; done += 1) {
      const call = work(done);
      if (call !== undefined) running.push(call);
    }
    await sleep(50);
  }
  await Promise.all(running);
  return done;
}
