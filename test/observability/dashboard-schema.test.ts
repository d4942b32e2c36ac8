import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultDashboard } from '@grafana/schema';
import grafanaSchema from '@grafana/schema/package.json' with { type: 'json' };
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { loadLock } from '../../images/lock/index.ts';
import { dashboardFaults } from './dashboard-faults.ts';
import { dashboardProviders } from './documented-config.ts';

const root = join(import.meta.dirname, '../..');
const configMap = z.object({ data: z.record(z.string(), z.string()) });
const document = z.looseObject({
  schemaVersion: z.number(),
  panels: z.array(z.looseObject({ type: z.string(), targets: z.array(z.looseObject({})).optional() })),
  annotations: z.looseObject({ list: z.array(z.looseObject({})).optional() }),
});

function files(pattern: string): (readonly [file: string, data: Record<string, string>])[] {
  return globSync(pattern, { cwd: root }).map((file) => [
    file,
    configMap.parse(parse(readFileSync(join(root, file), 'utf8'))).data,
  ]);
}

/** Every dashboard in `manifests/`, by environment and name. */
const rendered = Object.fromEntries(
  files('manifests/*/grafana/configmap-dashboard-*.yaml').flatMap(([file, data]) =>
    Object.entries(data).map(([key, text]) => [
      `${file.split('/')[1]}-${key.replace('.json', '')}`,
      document.parse(JSON.parse(text)),
    ]),
  ),
);
const [orders] = Object.entries(rendered).flatMap(([name, each]) => (name.endsWith('-orders') ? [each] : []));
const platform = rendered['staging-platform'];

describe('the schema that Grafana publishes', () => {
  it('is of the version of the image, and of its dashboards', () => {
    expect(loadLock().images.grafana?.ref).toBe(`docker.io/grafana/grafana:${grafanaSchema.version}`);
    for (const [name, { schemaVersion }] of Object.entries(rendered))
      expect(schemaVersion, name).toBe(defaultDashboard.schemaVersion);
  });

  it('accepts every rendered dashboard', async () => {
    expect(Object.keys(rendered).length).toBeGreaterThan(5);
    expect(Object.keys(rendered)).toContain('staging-platform');
    expect(await dashboardFaults(rendered)).toBe('');
  }, 60_000);

  it('refuses mistakes in the page, a panel, its options, its fields, a query and an annotation', async () => {
    if (orders === undefined || platform === undefined) throw new Error('manifests/ has no dashboards');
    const changed = ({ type, change }: { type: string; change: object }, page = orders) => ({
      ...page,
      panels: page.panels.map((panel) => (panel.type === type ? { ...panel, ...change } : panel)),
    });
    const fields = (defaults: object) => ({ fieldConfig: { defaults, overrides: [] } });
    const mistakes = {
      unknownKey: { ...orders, refreshEvery: '1m' },
      enumeration: { ...orders, graphTooltip: 3 },
      type: { ...orders, tags: 'plinth' },
      panelKind: changed({ type: 'timeseries', change: { type: 'graph' } }),
      place: changed({ type: 'logs', change: { gridPos: { x: 0, y: 0, w: 24 } } }),
      options: changed({ type: 'timeseries', change: { options: { legend: { displayMode: 'lines' } } } }),
      lines: changed({ type: 'logs', change: { options: { showTime: 'yes' } } }),
      value: changed({ type: 'stat', change: { options: { graphMode: 'bars' } } }, platform),
      unit: changed({ type: 'timeseries', change: fields({ unit: 1 }) }),
      custom: changed({ type: 'timeseries', change: fields({ custom: { lineWidths: 2 } }) }),
      query: changed({ type: 'timeseries', change: { targets: [{ refId: 'A', query: 'up' }] } }),
      lineQuery: changed({ type: 'logs', change: { targets: [{ expr: '{app="a"}', maxLines: 5 }] } }),
      annotation: { ...orders, annotations: { list: [{ name: 'Releases', enable: true }] } },
    };
    const found = await dashboardFaults(mistakes);
    const named = Object.keys(mistakes).filter((name) => found.includes(`${name}.ts(`));
    expect(named).toEqual(Object.keys(mistakes));
  }, 60_000);
});

it('the folders of dashboards have the keys that Grafana documents', () => {
  const found = files('manifests/*/grafana/configmap-grafana.yaml');
  expect(found.length).toBeGreaterThan(1);
  for (const [file, data] of found)
    expect(dashboardProviders.safeParse(parse(data['dashboards.yaml'] ?? '')).error, file).toBeUndefined();
  expect(
    dashboardProviders.safeParse({ apiVersion: 1, providers: [{ name: 'a', type: 'file', path: '/' }] })
      .success,
  ).toBe(false);
});
