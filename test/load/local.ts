import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ports } from '../../charts/observability/endpoints.ts';
import type { RenderedContainer } from './rendered.ts';

/** Paths and addresses of a part of the pipeline on this machine. */
export interface LocalPlace {
  /** Its folder, with `data` for its volume. */
  folder: string;
  identity: string;
  podLogs: string;
  /** Its ports, by those in the cluster. */
  own: Readonly<Record<number, number>>;
  /** Ports of the others: `NAME:PORT` in the cluster. */
  others: ReadonlyMap<string, number>;
}

/** The rendered objects of a part, with the paths and addresses of this machine. */
export function local({ args, files, memoryLimit }: RenderedContainer, place: LocalPlace): RenderedContainer {
  const here = (text: string) => localText(text, place);
  return {
    args: args.map(here),
    files: Object.fromEntries(Object.entries(files).map(([name, text]) => [name, here(text)])),
    memoryLimit,
  };
}

function localText(text: string, { folder, identity, podLogs, own, others }: LocalPlace): string {
  let here = text
    .replaceAll('/identity/', `${identity}/`)
    .replaceAll(/(?<=[=\s"'])\/data\b/g, `${folder}/data`)
    .replaceAll(/\/etc\/(alertmanager|collector|jaeger|prometheus)(?![\w-])/g, folder)
    .replaceAll('/var/log/pods', podLogs)
    .replaceAll('/var/lib/opentelemetry-agent', `${folder}/data`)
    .replaceAll(/host: "?0\.0\.0\.0"?/g, 'host: 127.0.0.1');
  for (const [inCluster, port] of others) {
    const [name, number] = inCluster.split(':');
    here = here.replaceAll(`${name}.${name}.svc.cluster.local:${number}`, `localhost:${port}`);
  }
  for (const [inCluster, port] of Object.entries(own))
    here = here
      .replaceAll(
        new RegExp(`(0\\.0\\.0\\.0|127\\.0\\.0\\.1|(?<==)):${inCluster}\\b`, 'g'),
        `127.0.0.1:${port}`,
      )
      .replaceAll(`port: ${inCluster}`, `port: ${port}`);
  return here;
}

const collector = z.looseObject({
  receivers: z.record(z.string(), z.unknown()),
  processors: z.looseObject({
    memory_limiter: z.looseObject({ limit_percentage: z.number(), spike_limit_percentage: z.number() }),
  }),
  service: z.looseObject({ pipelines: z.record(z.string(), z.unknown()) }),
});

/**
 * A collector's configuration without the metrics about the cluster, which there is none of here. The percentages of its memory are
 * those of its container's limit: a process of this machine would take them of the whole machine.
 */
export function withoutCluster(text: string, memoryLimit: number): string {
  const config = collector.parse(parse(text));
  const { limit_percentage, spike_limit_percentage, ...limiter } = config.processors.memory_limiter;
  const mebibytes = (percent: number) => Math.floor((percent / 100) * (memoryLimit / 2 ** 20));
  const { k8s_cluster: _, ...receivers } = config.receivers;
  const { 'metrics/cluster': __, ...pipelines } = config.service.pipelines;
  return stringify({
    ...config,
    receivers,
    processors: {
      ...config.processors,
      memory_limiter: {
        ...limiter,
        limit_mib: mebibytes(limit_percentage),
        spike_limit_mib: mebibytes(spike_limit_percentage),
      },
    },
    service: { ...config.service, pipelines },
  });
}

const prometheus = z.looseObject({
  global: z.looseObject({}),
  scrape_configs: z.array(z.looseObject({ job_name: z.string() })),
});

/** Seconds between two scrapes, and between two evaluations of the rules. */
export const scrapeSeconds = 10;

/** Prometheus' configuration with the targets of this machine by address, by the name of the job (`orders:8080`). */
export function withTargets(text: string, targets: ReadonlyMap<string, number>): string {
  const config = prometheus.parse(parse(text));
  const scrape_configs = config.scrape_configs.flatMap(
    ({ kubernetes_sd_configs: _, relabel_configs: __, ...scrape }) => {
      const port = targets.get(scrape.job_name);
      if (port === undefined) return [];
      const job = scrape.job_name.split(':')[0];
      return [
        { ...scrape, static_configs: [{ targets: [`127.0.0.1:${port}`], labels: { job, namespace: job } }] },
      ];
    },
  );
  const interval = `${scrapeSeconds}s`;
  return stringify({
    global: { ...config.global, scrape_interval: interval, evaluation_interval: interval },
    rule_files: config.rule_files,
    scrape_configs,
  });
}

/** Ports at which Prometheus reads the parts, by the part: those of their own metrics and, of the collector, of apps' and spans'. */
export const scraped = {
  'opentelemetry-agent': [ports.ownMetrics],
  'opentelemetry-collector': [ports.ownMetrics, ports.derivedMetrics, ports.appMetrics],
  jaeger: [ports.ownMetrics],
  'victoria-logs': [ports.logs],
} as const;
