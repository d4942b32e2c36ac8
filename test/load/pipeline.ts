import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ports } from '../../charts/observability/endpoints.ts';
import { ensureProgram } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { chart as jaeger } from '../../operators/jaeger/chart.ts';
import jaegerOperator from '../../operators/jaeger/operator.ts';
import { chart as agent } from '../../operators/opentelemetry-agent/chart.ts';
import agentOperator from '../../operators/opentelemetry-agent/operator.ts';
import { chart as collector } from '../../operators/opentelemetry-collector/chart.ts';
import collectorOperator from '../../operators/opentelemetry-collector/operator.ts';
import { chart as prometheus } from '../../operators/prometheus/chart.ts';
import prometheusOperator from '../../operators/prometheus/operator.ts';
import { chart as victoriaLogs } from '../../operators/victoria-logs/chart.ts';
import victoriaLogsOperator from '../../operators/victoria-logs/operator.ts';
import { jsonOf, linesOf, type Store } from '../../scripts/telemetry/store.ts';
import { environment, testApp } from '../charts/fixture.ts';
import { freePort } from '../free-port.ts';
import { missingPromtool } from '../observability/promtool.ts';
import { TestAuthority } from '../services/authority.ts';
import { scratch, writeIdentity } from '../services/identity-folder.ts';
import { local, scraped, withoutCluster, withTargets } from './local.ts';
import { Part } from './part.ts';
import { rendered } from './rendered.ts';

function environmentWith(cluster: Record<string, unknown>): Environment {
  return environment({
    apps: [
      testApp({
        name: 'orders',
        metrics: { port: 'http' },
        objective: { success: 99.5, within: '500ms' },
        rollout: { watch: '2m', errors: {} },
      }),
      testApp({ name: 'jobs' }),
    ],
    operators: [agentOperator, collectorOperator, jaegerOperator, prometheusOperator, victoriaLogsOperator],
    cluster: { observability: { store: 'light' }, ...cluster },
  });
}

/** In the order in which they start. */
const charts = {
  'victoria-logs': victoriaLogs,
  jaeger,
  'opentelemetry-collector': collector,
  'opentelemetry-agent': agent,
  prometheus,
} as const;

export type PartName = keyof typeof charts;
const names = Object.keys(charts) as PartName[];

/** Ports at which each part listens. */
const listening: Readonly<Record<PartName, readonly number[]>> = {
  'victoria-logs': [ports.logs],
  jaeger: [ports.traces, ports.traceQueries, ports.health, ports.ownMetrics, 16685],
  'opentelemetry-collector': [
    ...[ports.otlp, ports.health, ports.ownMetrics, ports.derivedMetrics, ports.appMetrics],
  ],
  'opentelemetry-agent': [ports.health, ports.ownMetrics],
  prometheus: [ports.metrics],
};

/**
 * Agent, collector and the stores of `store: light` as processes of this machine, on the configuration that the charts render. What
 * differs from a cluster: addresses, folders and certificates, targets of Prometheus by address, and no metrics about the cluster.
 */
export class Pipeline {
  readonly #folder = scratch();
  readonly #parts = new Map<PartName, Part>();
  readonly #ports = new Map<string, number>();
  /** Port at which the app serves its own metrics. */
  readonly #appPort: number;
  readonly #env: Environment;
  /** Certificates that the stores' callers trust, in PEM. */
  roots = '';

  private constructor(appPort: number, env: Environment) {
    this.#appPort = appPort;
    this.#env = env;
  }

  /** `cluster`: what cluster.yaml says beside `store: light`. `started`: the parts that run, in their order. */
  static async start(
    appPort: number,
    cluster: Record<string, unknown> = {},
    started: readonly PartName[] = names,
  ): Promise<Pipeline> {
    const made = new Pipeline(appPort, environmentWith(cluster));
    await made.#makeIdentities();
    for (const name of names)
      for (const port of listening[name]) made.#ports.set(`${name}:${port}`, await freePort());
    for (const name of started) await made.#startPart(name);
    return made;
  }

  part(name: PartName): Part {
    const part = this.#parts.get(name);
    if (part === undefined) throw new Error(`${name} was not started`);
    return part;
  }

  /** The port of this machine for a part's port in the cluster. */
  port(name: PartName, port: number): number {
    const here = this.#ports.get(`${name}:${port}`);
    if (here === undefined) throw new Error(`${name} has no port ${port}`);
    return here;
  }

  /** The folder in which the kubelet would write the logs of containers. */
  get podLogs(): string {
    return join(this.#folder, 'pods');
  }

  /** A store as the commands ask it. */
  store(name: 'prometheus' | 'victoria-logs' | 'jaeger'): Store {
    const port = { prometheus: ports.metrics, 'victoria-logs': ports.logs, jaeger: ports.traceQueries }[name];
    const trust = name === 'victoria-logs' ? { ca: this.roots, servername: 'localhost' } : {};
    return {
      name,
      options: { host: '127.0.0.1', port: this.port(name, port), agent: false, ...trust },
      close: () => {},
    };
  }

  /** The sum of a part's own metric, of the series that have this label; 0 if there is none. */
  async ownMetric(part: PartName, name: string, label: string): Promise<number> {
    const answer = await fetch(`http://127.0.0.1:${this.port(part, ports.ownMetrics)}/metrics`);
    const samples = (await answer.text()).matchAll(/^(\w+)\{(.*)\} (\S+)$/gm);
    return [...samples]
      .filter(([, each, labels]) => each === name && labels?.split(',').includes(label))
      .reduce((sum, [, , , value]) => sum + Number(value), 0);
  }

  async stop(): Promise<void> {
    for (const part of [...this.#parts.values()].reverse()) await part.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #makeIdentities(): Promise<void> {
    const authority = await TestAuthority.make('telemetry');
    this.roots = authority.roots;
    for (const name of ['jaeger', 'victoria-logs', 'opentelemetry-collector']) {
      const dnsNames = ['localhost', `${name}.${name}.svc.cluster.local`];
      const server = await authority.issue({ commonName: name, dnsNames, seconds: 86_400 });
      const client = await authority.issue({ commonName: `caller of ${name}`, seconds: 86_400 });
      for (const [kind, pair] of [
        ['server', server],
        ['client', client],
      ] as const) {
        const folder = join(this.#folder, 'identity', `${name}-${kind}`);
        mkdirSync(folder, { recursive: true });
        writeIdentity(folder, pair, authority.roots);
      }
    }
  }

  async #startPart(name: PartName): Promise<void> {
    const folder = join(this.#folder, name);
    for (const path of [join(folder, 'data'), this.podLogs]) mkdirSync(path, { recursive: true });
    const own = Object.fromEntries(listening[name].map((port) => [port, this.port(name, port)]));
    const { args, files, memoryLimit } = local(rendered(charts[name](this.#env)), {
      folder,
      identity: join(this.#folder, 'identity'),
      podLogs: this.podLogs,
      own,
      others: this.#ports,
    });
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, file), this.#adapted(file, text, memoryLimit));
    const ready = () => this.#answers(name);
    const part = new Part({ name, program: await programOf(name), args, memoryLimit, ready });
    this.#parts.set(name, part);
    await part.start();
  }

  #adapted(file: string, text: string, memoryLimit: number): string {
    if (file === 'collector.yaml') return withoutCluster(text, memoryLimit);
    if (file !== 'prometheus.yaml') return text;
    const targets = Object.entries(scraped).flatMap(([name, each]) =>
      each.map((port) => [`${name}:${port}`, this.port(name as PartName, port)] as const),
    );
    return withTargets(text, new Map([...targets, ['orders:8080', this.#appPort]]));
  }

  async #answers(name: PartName): Promise<boolean> {
    if (name === 'victoria-logs') {
      for await (const line of linesOf(this.store(name), '/health', {})) if (line === 'OK') return true;
      return false;
    }
    if (name === 'prometheus')
      return (await jsonOf(this.store(name), '/api/v1/status/runtimeinfo')) !== undefined;
    const path = name === 'jaeger' ? '/status' : '/';
    return (await fetch(`http://127.0.0.1:${this.port(name, ports.health)}${path}`)).ok;
  }
}

/** The program of a part: this repository builds it, and Debian has Prometheus. */
async function programOf(name: PartName): Promise<string> {
  if (name === 'prometheus') {
    const missing = await missingPromtool();
    if (missing !== undefined) throw new Error(missing);
    return 'prometheus';
  }
  return ensureProgram(name === 'opentelemetry-agent' ? 'opentelemetry-collector' : name, console.log);
}
