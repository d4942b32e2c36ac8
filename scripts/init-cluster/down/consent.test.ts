import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { consent } from './consent.ts';
import { readClaims } from './held-data.ts';

const terminal = (isTTY: boolean) => ({
  again: 'npm run x -- --yes',
  input: Object.assign(new PassThrough(), { isTTY }),
  output: Object.assign(new PassThrough(), { isTTY }),
});

it.each(['no', '', 'y', 'Yes', 'yes please'])('removes nothing if the answer is %j', async (answer) => {
  const given = terminal(true);
  given.input.end(`${answer}\n`);
  await expect(consent('Remove it? ', given)).rejects.toThrow('nothing was removed.');
});

it('continues if the answer is yes', async () => {
  const given = terminal(true);
  given.input.end('yes\n');
  await expect(consent('Remove it? ', given)).resolves.toBeUndefined();
  expect(String(given.output.read())).toContain('Remove it? ');
});

it('removes nothing if the terminal is closed', async () => {
  const given = terminal(true);
  given.input.end();
  await expect(consent('Remove it? ', given)).rejects.toThrow('nothing was removed.');
});

it.each([
  ['input', { input: false, output: true }],
  ['output', { input: true, output: false }],
])('fails with the command to type if the %s is not a terminal', async (_, is) => {
  const given = { ...terminal(is.output), input: terminal(is.input).input };
  const asked = consent('Remove it? ', given);
  await expect(asked).rejects.toMatchObject({
    name: 'Failure',
    next: expect.stringContaining('npm run x -- --yes'),
  });
  expect(given.output.read()).toBeNull();
});

it('lists the volumes of one database as one entry, databases first', () => {
  const claim = (namespace: string, name: string, storage: string, labels?: object) => ({
    metadata: { namespace, name, ...(labels === undefined ? {} : { labels }) },
    spec: { resources: { requests: { storage } } },
  });
  const of = { 'cnpg.io/cluster': 'orders-db' };
  const items = [
    claim('registry', 'registry', '10Gi'),
    claim('orders', 'orders-db-1', '2Gi', of),
    claim('orders', 'orders-db-2', '2Gi', of),
    claim('git-server', 'git-server', '1Gi', { a: 'b' }),
  ];
  expect(
    readClaims(JSON.stringify({ items })).map(({ kind, name, size }) => `${kind} ${name} ${size}`),
  ).toEqual([
    'database orders/orders-db 2Gi',
    'volume git-server/git-server 1Gi',
    'volume registry/registry 10Gi',
  ]);
});
