import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { shop, withEdits } from '../test/model/fixture.ts';
import { loadGraph } from './load-graph.ts';

it('joins descriptions into environments, with the operators of their provider', async () => {
  const { environments, diagnostics } = await loadGraph(shop);
  expect(diagnostics).toEqual([]);
  expect(environments.map(({ name, cluster }) => [name, cluster.name])).toEqual([
    ['dev', 'shop-dev'],
    ['prod', 'shop-prod'],
  ]);
  const [dev, prod] = environments;
  expect(dev?.apps.map(({ name }) => name)).toEqual(['catalog', 'shop']);
  expect(dev?.operators.map(({ name }) => name)).toEqual([
    'admission',
    'cert-manager',
    'identity',
    'local-path',
    'registry',
    'traefik',
    'trust-manager',
  ]);
  expect(prod?.operators.map(({ name }) => name)).toEqual([
    'admission',
    'cert-manager',
    'identity',
    'registry',
    'traefik',
    'trust-manager',
  ]);
  expect(prod?.lock.kubernetes).toBe('v1.36.4');
});

it('lets an environment override fields of an app, key by key', async () => {
  const { environments } = await loadGraph(shop);
  const [dev, prod] = environments.map(({ apps }) => apps.find(({ name }) => name === 'shop'));
  expect(dev).toMatchObject({
    replicas: 1,
    env: { GREETING: 'hello from dev', PORT: '8080' },
    resources: { cpu: '50m', memory: '128Mi' },
    host: 'shop.dev.localhost',
    imageRef: expect.stringMatching(/^registry\.dev\.localhost\/shop:[0-9a-f]{12}$/),
  });
  expect(prod).toMatchObject({
    replicas: 3,
    env: { GREETING: 'hello', PORT: '8080' },
    resources: { cpu: '50m', memory: '256Mi' },
    host: 'shop.example.org',
  });
});

it('reads a changed file again', async () => {
  await withEdits([], async (root) => {
    expect((await loadGraph(root)).diagnostics).toEqual([]);
    mkdirSync(join(root, 'apps/late'));
    writeFileSync(join(root, 'apps/late/app.ts'), 'export default 1;');
    expect((await loadGraph(root)).diagnostics).toHaveLength(1);
    writeFileSync(join(root, 'apps/late/app.ts'), 'export default { name: 1 };');
    expect((await loadGraph(root)).diagnostics.length).toBeGreaterThan(1);
  });
});

it('does not take properties of every JavaScript object for names', async () => {
  await withEdits([['clusters/dev/cluster.yaml', 'catalog:', 'constructor:\n  catalog:']], async (root) => {
    const { diagnostics } = await loadGraph(root);
    expect(diagnostics.map(({ code }) => code)).toEqual(['unknown-app']);
  });
});
