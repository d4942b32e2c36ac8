import { expect, it } from 'vitest';
import accounts from '../../apps/accounts/app.ts';
import orders from '../../apps/orders/app.ts';
import web from '../../apps/web/app.ts';
import { appComponent } from '../../charts/app/app.ts';
import { field, listField } from '../../charts/kube/field.ts';
import { callersOf } from '../../model/identity.ts';
import kratosOperator from '../../operators/kratos/operator.ts';
import { proxyConfig } from '../../operators/sign-in/chart.ts';
import signInOperator from '../../operators/sign-in/operator.ts';
import { find } from './find.ts';
import { environment, testApp } from './fixture.ts';

/* What follows from the edges of apps/web to apps/accounts and apps/orders, and from its door. */

const { image: _, ...pages } = web;
const { image: __, database: ___, ...described } = accounts;
const app = testApp(pages);
const api = testApp({
  ...described,
  uses: (accounts.uses ?? []).filter(({ kind }) => kind !== 'database' && kind !== 'app'),
});
const { image: _image, database: _database, ...sales } = orders;
const shop = testApp({ ...sales, uses: [{ kind: 'people', optional: true }] });
const env = environment({
  apps: [api, shop, app],
  operators: [kratosOperator, signInOperator],
  cluster: {
    signIn: { mail: { kind: 'mailpit' }, rights: 'accounts' },
    apps: { accounts: null, orders: null, web: null },
  },
});

function variablesOf(name: string, of: typeof app): Record<string, unknown> {
  const deployment = find(appComponent(env, of), 'Deployment', name);
  const list = listField(deployment, 'spec', 'template', 'spec', 'containers', 0, 'env');
  return Object.fromEntries(list.map((each) => [field(each, 'name'), field(each, 'value')]));
}

it('the pages have the address of each API, and a certificate for its calls', () => {
  expect(variablesOf('web', app)).toMatchObject({
    ACCOUNTS_ADDRESS: 'accounts.accounts.svc.cluster.local:8443',
    ACCOUNTS_IDENTITY_DIR: '/identity/apps/accounts',
    ORDERS_ADDRESS: 'orders.orders.svc.cluster.local:8443',
    ORDERS_IDENTITY_DIR: '/identity/apps/orders',
  });
});

it('the API takes calls of the pages and tokens of their visitors', () => {
  expect(callersOf(env, 'accounts')).toEqual(['sign-in', 'web']);
  expect(variablesOf('accounts', api)).toMatchObject({ PEOPLE_AUDIENCES: 'accounts,web' });
});

it('visitors reach the pages at app.DOMAIN, by the proxy of the sign-in alone', () => {
  const origins = proxyConfig(env).apps.find(({ name }) => name === 'web')?.origins;
  expect(origins).toEqual([expect.stringMatching(/^https:\/\/app\.test\.localhost(:\d+)?$/)]);
});
