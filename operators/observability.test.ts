import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { appComponent } from '../charts/app/app.ts';
import { field, listField } from '../charts/kube/field.ts';
import type { Component } from '../charts/kube/kube-object.ts';
import { scrapeTargets } from '../charts/observability/scrape-targets.ts';
import { runsIn } from '../model/environment.ts';
import { authorities } from '../model/identity.ts';
import { operatorSchema } from '../model/operator.ts';
import { quantityOf } from '../model/schema/quantity.ts';
import { find } from '../test/charts/find.ts';
import { environment, testApp } from '../test/charts/fixture.ts';
import { chart as alertmanager } from './alertmanager/chart.ts';
import alertmanagerOperator from './alertmanager/operator.ts';
import { chart as jaeger } from './jaeger/chart.ts';
import jaegerOperator from './jaeger/operator.ts';
import { chart as nodeExporter } from './node-exporter/chart.ts';
import nodeExporterOperator from './node-exporter/operator.ts';
import { chart as agent } from './opentelemetry-agent/chart.ts';
import agentOperator from './opentelemetry-agent/operator.ts';
import { chart as collector } from './opentelemetry-collector/chart.ts';
import collectorOperator from './opentelemetry-collector/operator.ts';
import { chart as prometheus } from './prometheus/chart.ts';
import prometheusOperator from './prometheus/operator.ts';
import { chart as victoriaLogs } from './victoria-logs/chart.ts';
import victoriaLogsOperator from './victoria-logs/operator.ts';

const definitions = [
  alertmanagerOperator,
  jaegerOperator,
  nodeExporterOperator,
  agentOperator,
  collectorOperator,
  prometheusOperator,
  victoriaLogsOperator,
];
const charts = { alertmanager, jaeger, nodeExporter, agent, collector, prometheus, victoriaLogs };
const app = testApp({ name: 'orders', metrics: { port: 'http' } });
const env = environment({
  apps: [app],
  operators: definitions,
  cluster: {
    observability: { store: 'light' },
    retention: { metrics: '2d', logs: '3d', traces: '1d' },
    storage: { metrics: '1Gi', logs: '2Gi', traces: '1Gi' },
  },
});
const components = Object.entries(charts).map(([name, chart]) => [name, chart(env)] as const);

function workloads({ objects }: Component) {
  return objects.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');
}

function config(component: Component, name: string, file: string): unknown {
  const data: unknown = field(find(component, 'ConfigMap', name), 'data');
  return parse(String(Object(data)[file]));
}

describe('what observes', () => {
  it('runs only if cluster.yaml has its store', () => {
    for (const each of definitions.map((definition) => operatorSchema.parse(definition))) {
      expect(runsIn(each, environment().cluster)).toBe(false);
      expect(runsIn(each, env.cluster)).toBe(true);
    }
  });

  it('reserves less than 600 MiB on one node', () => {
    const reserved = components.flatMap(([, component]) =>
      workloads(component).map((workload) =>
        quantityOf(
          field(workload, 'spec', 'template', 'spec', 'containers', 0, 'resources', 'requests', 'memory'),
        ),
      ),
    );
    const mebibytes = reserved.reduce<number>((sum, bytes) => sum + (bytes ?? Number.NaN), 0) / 2 ** 20;
    expect(reserved).toHaveLength(7);
    expect(mebibytes).toBeLessThan(600);
  });

  it.each(components)('%s has a memory limit for garbage collection or from the kernel', (_, component) => {
    for (const workload of workloads(component)) {
      const limit = field(
        workload,
        'spec',
        'template',
        'spec',
        'containers',
        0,
        'resources',
        'limits',
        'memory',
      );
      expect(quantityOf(limit)).toBeGreaterThan(0);
    }
  });

  it('has a certificate of the authority of each callee, and no other', () => {
    const held = authorities(env).map(({ name, leaves }) => [
      name,
      leaves.map(({ namespace, usage }) => `${namespace} ${usage}`),
    ]);
    expect(Object.fromEntries(held)).toEqual({
      alertmanager: ['alertmanager server', 'prometheus client'],
      jaeger: ['jaeger server', 'opentelemetry-collector client'],
      'node-exporter': ['node-exporter server', 'prometheus client'],
      'opentelemetry-collector': ['opentelemetry-collector server', 'prometheus client'],
      'victoria-logs': [
        'opentelemetry-agent client',
        'opentelemetry-collector client',
        'prometheus client',
        'victoria-logs server',
      ],
    });
  });

  it('creates a Certificate for each, mounts each, and no other Secret', () => {
    for (const [, component] of components) {
      const made = component.objects
        .filter(({ kind }) => kind === 'Certificate')
        .map(({ metadata }) => metadata.name);
      const mounted = workloads(component).flatMap((workload) =>
        listField(field(workload, 'spec', 'template', 'spec'), 'volumes')
          .map((volume) => field(volume, 'projected', 'sources', 0, 'secret', 'name'))
          .filter((secret) => secret !== undefined),
      );
      expect([...mounted].sort()).toEqual([...made].sort());
    }
  });
});

describe('Prometheus', () => {
  it('scrapes every app with metrics, and accepts no connections from apps', () => {
    expect(scrapeTargets(env).filter(({ job }) => job === 'orders')).toMatchObject([
      { namespace: 'orders', port: 8080, path: '/metrics' },
    ]);
    const policies = prometheus(env).objects.filter(({ kind }) => kind === 'NetworkPolicy');
    expect(policies.flatMap((policy) => listField(policy, 'spec', 'ingress'))).toEqual([]);
  });

  it('presents its certificate to targets that require one, with their server name', () => {
    const scrapes = listField(config(prometheus(env), 'prometheus', 'prometheus.yaml'), 'scrape_configs');
    const mutual = scrapes.filter((scrape) => field(scrape, 'tls_config', 'cert_file') !== undefined);
    expect(
      mutual.map((scrape) => [field(scrape, 'job_name'), field(scrape, 'tls_config', 'server_name')]),
    ).toEqual(
      [
        'alertmanager:9093',
        'node-exporter:9100',
        'opentelemetry-collector:8889',
        'opentelemetry-collector:8890',
        'victoria-logs:9428',
      ].map((job) => [job, `${job.split(':')[0]}.${job.split(':')[0]}.svc.cluster.local`]),
    );
  });

  it('keeps metrics for the time of cluster.yaml, in four fifths of its volume', () => {
    const args = listField(
      workloads(prometheus(env))[0],
      'spec',
      'template',
      'spec',
      'containers',
      0,
      'args',
    );
    expect(args).toContain('--storage.tsdb.retention.time=2d');
    expect(args).toContain(`--storage.tsdb.retention.size=${Math.floor(0.8 * 2 ** 30)}B`);
  });
});

describe('an app', () => {
  const deploymentOf = (given: typeof env) =>
    field(
      find(appComponent(given, app), 'Deployment', 'orders'),
      'spec',
      'template',
      'spec',
      'containers',
      0,
    );
  const variables = (given: typeof env) => {
    const container = Object(deploymentOf(given));
    return (container.env ?? []).map((each: { name: string }) => each.name);
  };

  it('gets the address of the collector only if one runs', () => {
    expect(variables(env)).toEqual([
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'OTEL_SERVICE_NAME',
      'OTEL_RESOURCE_ATTRIBUTES',
    ]);
    expect(variables(environment({ apps: [app] }))).toEqual([]);
  });

  it('keeps the value of such a variable in app.ts', () => {
    const own = testApp({ name: 'orders', env: { OTEL_SERVICE_NAME: 'shop' } });
    const container = field(
      find(appComponent({ ...env, apps: [own] }, own), 'Deployment', 'orders'),
      'spec',
      'template',
      'spec',
      'containers',
      0,
    );
    const names = listField(container, 'env').filter((each) => field(each, 'name') === 'OTEL_SERVICE_NAME');
    expect(names).toEqual([{ name: 'OTEL_SERVICE_NAME', value: 'shop' }]);
  });
});
