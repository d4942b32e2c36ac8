import { expect, it } from 'vitest';
import { appFile, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { renderAll } from '../render/render.ts';
import { placeOfRefusal } from './place-of-refusal.ts';
import { pathOfField } from './refusal.ts';
import { shownOf } from './show-environment.ts';

const quota = `apiVersion: v1
kind: ResourceQuota
metadata: { name: shop, namespace: shop }
spec: { hard: { pods: "10" } }
`;
const { environments, files } = await withPlatform(
  [
    [
      'apps/shop/app.ts',
      appFile(
        'shop',
        "env: { COLOUR: 'ultramarine' }, temporary: { '/cache': '16Mi' }, exposes: { port: 'http', host: 'market' }, extra: ['extra/quota.yaml'],",
      ),
    ],
    ['apps/shop/extra/quota.yaml', quota],
    ['clusters/dev/cluster.yaml', platformCluster('apps: { shop: { env: { COLOUR: vermilion } } }')],
  ],
  (root) => renderAll(root),
);
const [env] = environments;
if (env === undefined) throw new Error('no environment');
const shown = shownOf(env, files);
const container = 'spec.template.spec.containers[0]';

it.each([
  ['shop', 'Deployment', `${container}.ports[0].name`, 'apps/shop/app.ts', ['ports', 'http'], 'key'],
  [
    'shop',
    'Deployment',
    `${container}.resources.limits.memory`,
    'apps/shop/app.ts',
    ['resources', 'memory'],
    'value',
  ],
  [
    'shop',
    'Deployment',
    `${container}.env[0].value`,
    'clusters/dev/cluster.yaml',
    ['apps', 'shop', 'env', 'COLOUR'],
    'value',
  ],
  ['shop', 'HTTPRoute', 'spec.hostnames[0]', 'apps/shop/app.ts', ['exposes', 'host'], 'value'],
  [
    'shop',
    'ResourceQuota',
    'spec.hard[pods]',
    'apps/shop/extra/quota.yaml',
    ['spec', 'hard', 'pods'],
    'value',
  ],
  ['shop', 'Deployment', 'metadata.nothing', 'apps/shop/app.ts', ['name'], 'value'],
  ['traefik', 'Deployment', 'metadata.nothing', 'operators/traefik/operator.ts', ['name'], 'value'],
] as const)('%s: %s %s', (component, kind, field, file, path, part) => {
  const one = shown.find((each) => each.component === component && each.object.kind === kind);
  if (one === undefined) throw new Error(`no ${kind}`);
  const place = placeOfRefusal(env, component, one.object, pathOfField(field, one.object));
  expect(place).toEqual({ file, path, part });
});
