import { expect, it } from 'vitest';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { extraTwice } from './extra-twice.ts';

const account = (name: string) => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: 'shop' },
});

it('refuses an object of extra that is derived too, at its file, and no other', () => {
  const own = [account('other'), account('shop')];
  const shop = {
    ...testApp({ name: 'shop', extra: ['extra/other.yaml', 'extra/account.yaml'] }),
    extraObjects: own,
  };
  const rendered = [{ name: 'shop', objects: [account('shop'), ...own] }];
  expect(extraTwice(environment({ apps: [shop] }), rendered)).toMatchObject([
    {
      code: 'object-twice',
      file: 'apps/shop/extra/account.yaml',
      what: 'the ServiceAccount shop/shop exists already',
    },
  ]);
  expect(extraTwice(environment({ apps: [shop] }), [{ name: 'shop', objects: own }])).toEqual([]);
});
