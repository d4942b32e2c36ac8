import { expect, it } from 'vitest';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { tooLarge } from './too-large.ts';

const object = (name: string, bytes: number) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data: { text: 'x'.repeat(bytes) },
});

it('refuses an object for which etcd has no room, at its own file if it has one', () => {
  const [small, large, written] = [
    object('small', 1_000_000),
    object('large', 1_500_000),
    object('own', 1_500_000),
  ];
  const shop = { ...testApp({ name: 'shop', extra: ['own.yaml'] }), extraObjects: [written] };
  const rendered = [{ name: 'shop', objects: [small, large, written] }];
  expect(tooLarge(environment({ apps: [shop] }), rendered)).toMatchObject([
    {
      code: 'object-too-large',
      file: 'apps/shop/app.ts',
      what: expect.stringContaining('ConfigMap shop/large'),
    },
    { code: 'object-too-large', file: 'apps/shop/own.yaml' },
  ]);
});
