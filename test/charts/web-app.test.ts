import { expect, it } from 'vitest';
import accounts from '../../apps/accounts/app.ts';
import web from '../../apps/web/app.ts';
import { appComponent } from '../../charts/app/app.ts';
import { field, listField } from '../../charts/kube/field.ts';
import { callersOf } from '../../model/identity.ts';
import kratosOperator from '../../operators/kratos/operator.ts';
import { proxyConfig } from '../../operators/sign-in/chart.ts';
import signInOperator from '../../operators/sign-in/operator.ts';
import { find } from './find.ts';
import { environment, testApp } from './fixture.ts';

/* What follows from the edge of apps/web to apps/accounts, and from its door. */

const { image: _, ...pages } = web;
const { image: __, database: ___, ...described } = accounts;
const app = testApp(pages);
const api = testApp({
  ...described,
  uses: (accounts.uses ?? []).filter(({ kind }) => kind !== 'database'),
});
const env = environment({
  apps: [api, app],
  operators: [kratosOperator, signInOperator],
  cluster: { signIn: { mail: { kind: 'mailpit' }, rights: 'accounts' }, apps: { accounts: null, web: null } },
});

function variablesOf(name: string, of: typeof app): Record<string, unknown> {
  const deployment = find(appComponent(env, of), 'Deployment', name);
  const list = listField(deployment, 'spec', 'template', 'spec', 'containers', 0, 'env');
  return Object.fromEntries(list.map((each) => [field(each, 'name'), field(each, 'value')]));
}

it('the pages are told where the API is, and call it with a certificate', () => {
  expect(variablesOf('web', app)).toMatchObject({
    ACCOUNTS_ADDRESS: 'accounts.accounts.svc.cluster.local:8443',
    ACCOUNTS_IDENTITY_DIR: '/identity/apps/accounts',
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
