import { expect, it } from 'vitest';
import { addressesIn } from './addresses.ts';

it.each([
  [{ JOBS_ADDRESS: 'jobs.jobs.svc.cluster.local:8443' }, ['jobs.jobs.svc.cluster.local:8443']],
  [{ PGHOST: 'a-db-rw.a.svc.cluster.local', PGPORT: '5432' }, ['a-db-rw.a.svc.cluster.local:5432']],
  [{ URL: 'http://otel.otel.svc.cluster.local:4318/v1' }, ['otel.otel.svc.cluster.local:4318']],
  [{ URL: 'https://shop.shop.svc' }, ['shop.shop.svc:443']],
  [{ BOTH: 'a.b.svc:1,c.d.svc:2', AGAIN: 'a.b.svc:1' }, ['a.b.svc:1', 'c.d.svc:2']],
  [{ NO_PORT: 'a.b.svc.cluster.local', OTHER: 'a.b.svc.example.org:1', TEXT: 'svc:1' }, []],
])('%j leads to %j', (env, expected) => {
  expect(addressesIn(env).map(({ host, port }) => `${host}:${port}`)).toEqual(expected);
});
