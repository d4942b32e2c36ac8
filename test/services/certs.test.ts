import { X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rootId, serialOf } from '../../apps/kit/pem.ts';
import { handshake } from '../../scripts/certs/handshake.ts';
import { query, readIdentity } from '../../scripts/certs/postgres.ts';
import { TestAuthority } from './authority.ts';
import { Postgres } from './postgres.ts';

let postgres: Postgres;
let authority: TestAuthority;

beforeAll(async () => {
  authority = await TestAuthority.make('orders-db');
  postgres = await Postgres.start(authority);
});

afterAll(() => postgres?.stop());

const file = (name: string) => join(postgres.folder, 'data', name);
const identity = async () => readIdentity((await postgres.asSuperuser('postgres', query))[0]?.said);
const idOf = ({ roots }: TestAuthority) => rootId(new X509Certificate(roots));

it('the certificate of Postgres is read on the wire, before and after a renewal', async () => {
  const shown = () => serialOf(new X509Certificate(readFileSync(file('server.crt'))));
  const first = shown();
  expect(await handshake(postgres.port, 'postgres')).toMatchObject({ serial: first, issuer: 'orders-db CA' });
  await postgres.serveWith(authority);
  await sleep(500);
  expect(shown()).not.toBe(first);
  expect(await handshake(postgres.port, 'postgres')).toMatchObject({ serial: shown() });
});

it('the report has the trusted CAs of Postgres, and that it has not reloaded its file', async () => {
  expect(await identity()).toEqual({ roots: [idOf(authority)] });
  const next = await TestAuthority.make('orders-db next');
  // Postgres knows the age of a file in whole seconds.
  await sleep(1_100);
  writeFileSync(file('roots.pem'), authority.roots + next.roots);
  await expect(identity()).rejects.toThrow('it has not reloaded it yet');
  await postgres.asSuperuser('postgres', 'select pg_reload_conf()');
  await sleep(500);
  expect((await identity()).roots).toEqual([idOf(authority), idOf(next)].sort());
});
