import { expect, it } from 'vitest';
import accounts from '../../apps/accounts/app.ts';
import jobs from '../../apps/jobs/app.ts';
import { appComponent } from '../../charts/app/app.ts';
import { field, listField } from '../../charts/kube/field.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { callersOf } from '../../model/identity.ts';
import { chart as kratos } from '../../operators/kratos/chart.ts';
import kratosOperator from '../../operators/kratos/operator.ts';
import { chart as mailpit } from '../../operators/mailpit/chart.ts';
import { proxyConfig, chart as signIn } from '../../operators/sign-in/chart.ts';
import signInOperator from '../../operators/sign-in/operator.ts';
import { find } from './find.ts';
import { environment, testApp } from './fixture.ts';

/* What follows from the edges of apps/accounts: people, mail, jobs, and rights in the tokens. */

const { image: _, database, ...described } = accounts;
const app = testApp({
  ...described,
  uses: (accounts.uses ?? []).filter(({ kind }) => kind !== 'database'),
});
const { image: _image, database: _database, ...queue } = jobs;
const jobsApp = testApp({ ...queue, uses: [] });
const web = testApp({ name: 'web', exposes: { port: 'http', signIn: true } });
const mail = { kind: 'mailpit' };
const env = environment({
  apps: [app, jobsApp, web],
  operators: [kratosOperator, signInOperator],
  cluster: { signIn: { mail, rights: 'accounts' }, apps: { accounts: null, jobs: null, web: null } },
});
const without = environment({
  apps: [web],
  operators: [kratosOperator, signInOperator],
  cluster: { signIn: { mail }, apps: { web: null } },
});

function made(component: Component | undefined): Component {
  if (component === undefined) throw new Error('nothing is rendered');
  return component;
}

const policyOf = (component: Component | undefined, name: string): string =>
  JSON.stringify(field(find(made(component), 'NetworkPolicy', name), 'spec'));

it('has a database with bundled migrations', () => {
  expect(database?.migrations).toEqual({ build: './migrations', bundle: 'migrate.ts' });
});

it('gets the addresses of the directory of people and of the mail server', () => {
  const pod = listField(
    find(appComponent(env, app), 'Deployment', 'accounts'),
    ...['spec', 'template', 'spec', 'containers', 0, 'env'],
  );
  const variables = Object.fromEntries(pod.map((each) => [field(each, 'name'), field(each, 'value')]));
  expect(variables).toMatchObject({
    PEOPLE_DIRECTORY: 'https://sign-in.sign-in.svc.cluster.local:8443/people',
    PEOPLE_AUDIENCES: 'accounts',
    SMTP_HOST: 'mailpit.mailpit.svc.cluster.local',
    SMTP_PORT: '1025',
    SMTP_TLS: 'none',
    CALLERS: 'sign-in',
  });
  expect(callersOf(env, 'accounts')).toEqual(['sign-in']);
});

it('sees the jobs of every queue: jobs names it as a caller and as an overseer', () => {
  const variablesOf = (of: typeof app, name: string) => {
    const deployment = find(appComponent(env, of), 'Deployment', name);
    const list = listField(deployment, 'spec', 'template', 'spec', 'containers', 0, 'env');
    return Object.fromEntries(list.map((each) => [field(each, 'name'), field(each, 'value')]));
  };
  expect(variablesOf(app, 'accounts')).toMatchObject({
    JOBS_ADDRESS: 'jobs.jobs.svc.cluster.local:8443',
    JOBS_IDENTITY_DIR: expect.any(String),
  });
  expect(variablesOf(jobsApp, 'jobs')).toMatchObject({ CALLERS: 'accounts', OVERSEERS: 'accounts' });
});

it('has a flow to Mailpit at both ends, which apps without mail do not have', () => {
  expect(policyOf(appComponent(env, app), 'accounts')).toContain('"port":1025');
  expect(policyOf(mailpit(env), 'mailpit')).toContain('accounts');
  expect(policyOf(mailpit(env), 'mailpit')).not.toContain('"web"');
  expect(policyOf(mailpit(without), 'mailpit')).not.toContain('accounts');
});

it('opens the admin API of Kratos to the sign-in proxy only, and only if an app manages people', () => {
  expect(policyOf(kratos(env), 'kratos')).toContain('4434');
  expect(policyOf(kratos(env), 'kratos')).not.toContain('"accounts"');
  expect(policyOf(signIn(env), 'sign-in')).toContain('4434');
  expect(policyOf(kratos(without), 'kratos')).not.toContain('4434');
  expect(policyOf(signIn(without), 'sign-in')).not.toContain('4434');
});

it('is where the sign-in proxy requests the rights of sessions, over mTLS', () => {
  expect(proxyConfig(env)).toMatchObject({
    rights: 'accounts',
    managers: ['accounts'],
    kratosAdmin: 'https://kratos.kratos.svc.cluster.local:4434',
    apps: [{ name: 'accounts', paths: [{ path: '/', port: 8443, mutual: true }] }, { name: 'web' }],
  });
  expect(proxyConfig(without)).not.toHaveProperty('rights');
  expect(proxyConfig(without)).not.toHaveProperty('kratosAdmin');
});
