import { expect, it } from 'vitest';
import { dataSources } from '../../charts/observability/data-sources.ts';
import { clusterSchema } from '../../model/schema/cluster.ts';
import { secretFiles, secretsFolder } from '../../operators/grafana/settings.ts';
import { environment } from '../../test/charts/fixture.ts';
import { pageIn, signals } from './page-of.ts';

const cluster = (observability: unknown) => clusterSchema.parse({ ...environment().cluster, observability });

it('each signal has the page of its store', () => {
  const names = (observability: unknown) =>
    signals.map((signal) => pageIn(cluster(observability), signal).name);
  expect(names({ store: 'light' })).toEqual([
    'jaeger',
    'prometheus',
    'victoria-logs',
    'jaeger',
    'prometheus',
  ]);
  expect(names({ store: 'grafana' })).toEqual(['grafana', 'grafana', 'grafana', 'grafana', 'prometheus']);
});

it('Grafana opens with the data source of the signal, and the page tells the command for its password', () => {
  const grafana = cluster({ store: 'grafana' });
  const chosen = (['logs', 'traces'] as const).map((signal) => {
    const { path } = pageIn(grafana, signal);
    const panes = new URL(path, 'http://localhost').searchParams.get('panes');
    return JSON.parse(panes ?? '').a.datasource;
  });
  expect(chosen).toEqual([dataSources.loki.uid, dataSources.tempo.uid]);
  expect(pageIn(grafana, 'metrics').note).toContain(`${secretsFolder}/${secretFiles.adminPassword}`);
  expect(pageIn(cluster({ store: 'light' }), 'logs').note).toBeUndefined();
});
