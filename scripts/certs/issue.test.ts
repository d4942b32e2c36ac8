import { expect, it } from 'vitest';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { Failure } from '../cli/failure.ts';
import { mayCall } from './issue.ts';

const ports = { http: { port: 8080 }, grpc: { port: 8443, tls: 'mutual' } } as const;
const apps = [testApp({ name: 'orders', ports, identity: { reload: 'files' } }), testApp({ name: 'home' })];
const text = 'name: test\npeople:\n  me: { uses: [jobs] }\n';

function refusal(person: string, app: string, people: object, yaml = text): string {
  try {
    mayCall(environment({ apps, cluster: { people } }), person, app, yaml);
  } catch (error) {
    if (error instanceof Failure) return `${error.message}\n${error.next}`;
    throw error;
  }
  return 'let through';
}

it('a person gets exactly the certificates of cluster.yaml', () => {
  expect(refusal('me', 'orders', { me: { uses: ['orders'] } })).toBe('let through');
});

it.each<[string, string, string, object, string]>([
  [
    'who is not named',
    'you',
    'orders',
    { me: { uses: ['orders'] } },
    `clusters/test/cluster.yaml:2:1: 'you' may not call 'orders': people does not list them.
Write there: people: { you: { uses: [orders] } }. Then: npm run deploy -- --env test`,
  ],
  [
    'who calls other apps',
    'me',
    'orders',
    { me: { uses: ['jobs'] } },
    `clusters/test/cluster.yaml:3:9: 'me' may not call 'orders': uses lists jobs.
Write there: me: { uses: [jobs, orders] }. Then: npm run deploy -- --env test`,
  ],
  [
    'who means an app that asks for none',
    'me',
    'home',
    {},
    `there is no app 'home' with mutual TLS in test.
Write 'orders'`,
  ],
  [
    'who mistypes an app',
    'me',
    'order',
    {},
    `there is no app 'order' with mutual TLS in test.
Did you mean 'orders'?`,
  ],
])('refuses one %s', (_, person, app, people, said) => {
  expect(refusal(person, app, people)).toBe(said);
});
