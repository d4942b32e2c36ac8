import { describe, expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const prod = 'clusters/prod/cluster.yaml';
const shopApp = 'apps/shop/app.ts';
const secret = 'apps/shop/secrets/dev/stripe.yaml';
const cipher = 'ENC[AES256_GCM,data:b25l,iv:b25l,tag:b25l,type:str]';
const recipient = `age1${'q'.repeat(58)}`;
const other = `age1${'p'.repeat(58)}`;

/** A secret as SOPS leaves it, as far as a render looks. */
const encrypted = `apiVersion: v1
kind: Secret
metadata:
  name: stripe-secret
  namespace: shop
data:
  STRIPE_KEY: ${cipher}
  WEBHOOK_KEY: ${cipher}
sops:
  age:
    - recipient: ${recipient}
      enc: |
        -----BEGIN AGE ENCRYPTED FILE-----
        -----END AGE ENCRYPTED FILE-----
  lastmodified: "2026-01-01T00:00:00Z"
  mac: ${cipher}
  encrypted_regex: ^(data|stringData)$
  mac_only_encrypted: true
  version: 3.11.0
`;

const use = "{ kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY', 'WEBHOOK_KEY'] }";
const pull = (key: string) => `{ kind: 'secret', name: 'registry', keys: ['${key}'], as: 'pull' }`;
const recipients = (name: string): Edit => [
  dev,
  'apps:',
  `secrets: { recipients: { cluster: ${name} } }\napps:`,
];

/** The shop uses a secret that is set where it runs. */
const right: Edit[] = [
  [shopApp, 'uses: [', `uses: [${use}, `],
  [secret, encrypted],
  [secret.replace('/dev/', '/prod/'), encrypted],
  recipients(recipient),
  [prod, 'apps:', `secrets: { recipients: { cluster: ${recipient} } }\napps:`],
];

it('the unchanged repository has no diagnostics', async () => {
  const { environments, diagnostics } = await withEdits(right, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
  expect(environments[0]?.apps.find(({ name }) => name === 'shop')?.secrets).toHaveLength(1);
});

/** Each breaks one rule. */
const cases: [name: string, edits: Edit[]][] = [
  ['a secret that nobody has set', [...right, [secret, null]]],
  ['a key that nobody has set', [...right, [secret, `  WEBHOOK_KEY: ${cipher}\n`, '']]],
  ['a secret that nothing uses', [...right, [shopApp, `${use}, `, '']]],
  ['a key that nothing uses', [...right, [shopApp, ", 'WEBHOOK_KEY'", '']]],
  [
    'a secret of an environment that does not exist',
    [...right, [secret.replace('/dev/', '/deb/'), encrypted]],
  ],
  ['a secret of an app that does not run there', [...right, [dev, '\n  shop:', '']]],
  ['a value in plain text', [...right, [secret, `STRIPE_KEY: ${cipher}`, 'STRIPE_KEY: aHVudGVyMg==']]],
  ['a secret in stringData', [...right, [secret, '\ndata:\n', '\nstringData:\n']]],
  [
    'a secret that SOPS has not encrypted',
    [...right, [secret, encrypted.slice(encrypted.indexOf('sops:')), '']],
  ],
  ['a MAC over labels too', [...right, [secret, 'mac_only_encrypted: true', 'mac_only_encrypted: false']]],
  ['a secret of another app', [...right, [secret, 'namespace: shop', 'namespace: catalog']]],
  ['a secret of another name', [...right, [secret, 'name: stripe-secret', 'name: stripe']]],
  [
    'keys out of order',
    [
      ...right,
      [
        secret,
        `  STRIPE_KEY: ${cipher}\n  WEBHOOK_KEY: ${cipher}\n`,
        `  WEBHOOK_KEY: ${cipher}\n  STRIPE_KEY: ${cipher}\n`,
      ],
    ],
  ],
  ['other recipients than cluster.yaml has', [...right.slice(0, 3), recipients(other), ...right.slice(4)]],
  ['logins of registries under another key', [[shopApp, 'uses: [', `uses: [${pull('config.json')}, `]]],
  [
    'logins of registries where nothing is pulled',
    [[shopApp, 'uses: [', `uses: [${pull('.dockerconfigjson')}, `]],
  ],
  ['a recipient that is none', [recipients('age1x')]],
  ['a private key for a recipient', [recipients(`AGE-SECRET-KEY-1${'Q'.repeat(58)}`)]],
  ['a file of variables among the secrets', [...right, ['apps/shop/secrets/dev/.env', 'STRIPE_KEY=x\n']]],
  ['a file beside the environments', [...right, ['apps/shop/secrets/stripe.yaml', encrypted]]],
  [
    'a key that is no variable',
    [[shopApp, 'uses: [', "uses: [{ kind: 'secret', name: 'stripe', keys: ['tls.key'] }, "]],
  ],
  ['a key twice', [[shopApp, 'uses: [', "uses: [{ kind: 'secret', name: 'stripe', keys: ['A', 'A'] }, "]]],
  ['a secret twice', [...right, [shopApp, 'uses: [', `uses: [${use}, `]]],
  [
    'a variable from two secrets',
    [...right, [shopApp, 'uses: [', "uses: [{ kind: 'secret', name: 'other', keys: ['STRIPE_KEY'] }, "]],
  ],
  ['a variable that is a secret too', [...right, [dev, 'GREETING: hello', 'STRIPE_KEY: hello']]],
];

const openBao =
  "secrets: { external: { kind: openbao, server: 'https://bao.example.org', networks: [192.0.2.8/32], role: apps } }\n";
const inStore = (text: string): Edit => [dev, 'apps:', `${text}apps:`];
/** The shop uses a secret whose value is in Git in production only. */
const withoutFiles: Edit[] = right.filter((_, i) => [0, 2, 4].includes(i));

it('values in an external store are unknown, and nothing is refused for them', async () => {
  const { environments, diagnostics } = await withEdits([...withoutFiles, inStore(openBao)], (root) =>
    loadGraph(root),
  );
  expect(diagnostics).toEqual([]);
  expect(environments[0]?.apps.find(({ name }) => name === 'shop')?.secrets).toEqual([]);
});

cases.push(
  ['a value in Git beside an external store', [...withoutFiles, [secret, encrypted], inStore(openBao)]],
  [
    'recipients beside an external store',
    [
      ...withoutFiles,
      inStore(openBao.replace('{ external', `{ recipients: { cluster: ${recipient} }, external`)),
    ],
  ],
  [
    'a store in AWS without an account',
    [...withoutFiles, inStore('secrets: { external: { kind: aws, region: eu-central-1 } }\n')],
  ],
  [
    'a store of an unknown kind',
    [...withoutFiles, inStore('secrets: { external: { kind: vault, server: x } }\n')],
  ],
  ['a store without TLS', [...withoutFiles, inStore(openBao.replace('https://', 'http://'))]],
  [
    'a store with a path in its address',
    [...withoutFiles, inStore(openBao.replace('example.org', 'example.org/v1'))],
  ],
  [
    'a store that is read every second',
    [...withoutFiles, inStore(openBao.replace('role: apps', 'role: apps, refresh: 1s'))],
  ],
  [
    'a store with a prefix that ends with a slash',
    [...withoutFiles, inStore(openBao.replace('role: apps', 'role: apps, prefix: team/'))],
  ],
);

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  expect(text).not.toContain('aHVudGVyMg');
  await expect(text).toMatchFileSnapshot(
    `golden/secret-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

describe('a key in plain text', () => {
  // In two parts, so that this file itself holds none.
  const plain = ['sk_live_', '4eC39HqLyjWDarjtT1zdp7dc'].join('');
  const random = ['q8Zr2LxT', 'v5Nn7YbW3kPd'].join('');

  it.each([
    ['in a variable of app.ts', [shopApp, "GREETING: 'hello'", `STRIPE: '${plain}'`], shopApp],
    ['in a text of app.ts', [shopApp, "summary: 'Sells", `summary: '${plain} sells`], shopApp],
    ['in cluster.yaml', [dev, 'hello from dev', plain], dev],
    ['under a name that says so', [shopApp, "GREETING: 'hello'", `API_TOKEN: '${random}'`], shopApp],
  ] as [string, Edit, string][])(
    'a key in plain text is refused %s, and is not shown',
    async (_, edit, file) => {
      const { diagnostics } = await withEdits([edit], (root) => loadGraph(root));
      const [diagnostic] = diagnostics;
      expect(diagnostics).toHaveLength(1);
      expect(diagnostic).toMatchObject({ code: 'plain-secret', file });
      expect(diagnostic?.line).toBeGreaterThan(1);
      expect(diagnostic?.column).toBeGreaterThan(1);
      expect(JSON.stringify(diagnostic)).not.toContain(plain);
      expect(JSON.stringify(diagnostic)).not.toContain(random);
    },
  );
});
