import { describe, expect, it } from 'vitest';
import { authorities } from '../../model/identity.ts';
import { chart as identity } from '../../operators/identity/chart.ts';
import { chart as jaeger } from '../../operators/jaeger/chart.ts';
import jaegerOperator from '../../operators/jaeger/operator.ts';
import lokiOperator from '../../operators/loki/operator.ts';
import prometheusOperator from '../../operators/prometheus/operator.ts';
import tempoOperator from '../../operators/tempo/operator.ts';
import { chart as victoriaLogs } from '../../operators/victoria-logs/chart.ts';
import victoriaLogsOperator from '../../operators/victoria-logs/operator.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { field, listField } from '../kube/field.ts';
import { signalReaders, signalVariables, toSignals } from './signal-use.ts';

const reader = testApp({
  name: 'board',
  uses: (['metrics', 'logs', 'traces'] as const).map((kind) => ({ kind, reason: 'It plots them.' })),
  identity: { reload: 'files' },
});
const other = testApp({ name: 'shop' });
const apps = [reader, other];
const light = environment({
  apps,
  operators: [prometheusOperator, victoriaLogsOperator, jaegerOperator],
  cluster: { observability: { store: 'light' } },
});
const grafana = environment({
  apps,
  operators: [prometheusOperator, lokiOperator, tempoOperator],
  cluster: { observability: { store: 'grafana' } },
});
const variables = (env: typeof light) =>
  Object.fromEntries(signalVariables(env, reader).map(({ name, value }) => [name, value]));

describe('an app that reads metrics, log lines and traces', () => {
  it('has the address and the name of each store', () => {
    expect(variables(light)).toEqual({
      METRICS_URL: 'http://prometheus.prometheus.svc.cluster.local:9090',
      LOGS_URL: 'https://victoria-logs.victoria-logs.svc.cluster.local:9428',
      LOGS_STORE: 'victoria-logs',
      TRACES_URL: 'http://jaeger.jaeger.svc.cluster.local:16686',
      TRACES_STORE: 'jaeger',
    });
    expect(variables(grafana)).toMatchObject({
      LOGS_URL: 'https://loki.loki.svc.cluster.local:3100',
      TRACES_URL: 'https://tempo.tempo.svc.cluster.local:3200',
    });
  });

  it('has a certificate for each store that asks for one, and for no other', () => {
    const held = (env: typeof light) =>
      authorities(env)
        .filter(({ leaves }) => leaves.some(({ namespace }) => namespace === 'board'))
        .map(({ name }) => name);
    expect(held(light)).toEqual([]);
    expect(held(grafana)).toEqual(['loki', 'tempo']);
    const made = appComponent(grafana, reader);
    expect(find(made, 'Certificate', 'loki-client').metadata.namespace).toBe('board');
  });

  it('trusts a store without such a demand by its roots, and starts before they are there', () => {
    const pod = field(find(appComponent(light, reader), 'Deployment', 'board'), 'spec', 'template', 'spec');
    const text = JSON.stringify(pod);
    expect(text).toContain('"name":"LOGS_IDENTITY_DIR","value":"/identity/logs"');
    expect(text).not.toContain('TRACES_IDENTITY_DIR');
    const [volume] = listField(pod, 'volumes').filter((each) => field(each, 'name') === 'identity-logs');
    expect(listField(volume, 'projected', 'sources')).toEqual([
      {
        configMap: {
          name: 'victoria-logs-trust',
          items: [{ key: 'roots.pem', path: 'roots.pem' }],
          optional: true,
        },
      },
    ]);
    const made = identity(light);
    if (made === undefined) throw new Error('there is no identity');
    expect(JSON.stringify(find(made, 'Bundle', 'victoria-logs-trust').spec)).toContain('"board"');
  });

  it('is let in by each store, and leaves its namespace for nothing else', () => {
    expect(toSignals(light, reader).flatMap(({ ports }) => ports)).toEqual([
      { port: 9090 },
      { port: 9428 },
      { port: 16686 },
    ]);
    for (const [chart, name] of [
      [jaeger, 'jaeger'],
      [victoriaLogs, 'victoria-logs'],
    ] as const)
      expect(JSON.stringify(find(chart(light), 'NetworkPolicy', name).spec)).toContain(
        '"kubernetes.io/metadata.name":"board"',
      );
    expect(JSON.stringify(find(jaeger(light), 'Service', 'jaeger').spec)).toContain('16686');
  });

  it('is the only app that the stores accept', () => {
    expect([signalVariables(light, other), toSignals(light, other)]).toEqual([[], []]);
    for (const store of ['prometheus', 'victoria-logs', 'jaeger'])
      expect(JSON.stringify(signalReaders(light, store))).not.toContain('shop');
    const alone = environment({ apps: [other], operators: [jaegerOperator], cluster: light.cluster });
    for (const kind of ['NetworkPolicy', 'Service'])
      expect(JSON.stringify(find(jaeger(alone), kind, 'jaeger').spec)).not.toContain('16686');
  });

  it('has neither variables nor policies where nothing is observed', () => {
    const off = environment({ apps, cluster: { observability: 'off' } });
    expect([signalVariables(off, reader), toSignals(off, reader), signalReaders(off, 'jaeger')]).toEqual([
      [],
      [],
      [],
    ]);
  });
});
