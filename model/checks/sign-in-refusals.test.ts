import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const cluster = (signIn: string, more = ''): Edit => [
  'clusters/dev/cluster.yaml',
  platformCluster(`signIn: ${signIn}\n${more}apps: {}`),
];

/** What cluster.yaml cannot say of sign-in, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['no mail', [cluster('{}')]],
  ['Mailpit in production', [cluster('{ mail: { kind: mailpit } }', 'production: true\n')]],
  [
    'every way in is off',
    [cluster('{ mail: { kind: mailpit }, methods: { password: false, code: false, passkey: false } }')],
  ],
  [
    'closed registration with passkeys alone',
    [cluster('{ mail: { kind: mailpit }, registration: closed, methods: { password: false, code: false } }')],
  ],
  [
    'a privileged time beyond the session',
    [cluster('{ mail: { kind: mailpit }, sessions: { lifetime: 1h, privileged: 2h } }')],
  ],
  [
    'a provider without a Secret',
    [cluster('{ mail: { kind: mailpit }, providers: { google: { kind: google, clientId: a } } }')],
  ],
  ['a Secret of the name of Kratos own keys', [cluster('{ mail: { kind: mailpit }, secret: kratos-keys }')]],
  [
    'a client secret in the file',
    [
      cluster(
        '{ mail: { kind: mailpit }, secret: s, providers: { google: { kind: google, clientId: a, clientSecret: b } } }',
      ),
    ],
  ],
  [
    'a provider by HTTP',
    [
      cluster(
        '{ mail: { kind: mailpit }, secret: s, providers: { own: { kind: oidc, clientId: a, issuer: "http://id.example.org" } } }',
      ),
    ],
  ],
  [
    'mail with a user and no Secret',
    [cluster('{ mail: { kind: smtp, host: smtp.example.org, from: no-reply@example.org, user: a } }')],
  ],
  [
    'mail of a sender that is no address',
    [cluster('{ mail: { kind: smtp, host: smtp.example.org, from: nobody } }')],
  ],
  [
    'the database of accounts retired while people sign in',
    [
      cluster(
        '{ mail: { kind: mailpit } }',
        'retired: [{ database: kratos, data: keep, storage: 2Gi, reason: People sign in elsewhere. }]\n',
      ),
    ],
  ],
  [
    'an app of the name of the database of accounts',
    [
      ['clusters/dev/cluster.yaml', platformCluster('apps: { kratos-db: }')],
      ['apps/kratos-db/app.ts', appFile('kratos-db')],
    ],
  ],
  [
    'an app at the host of Mailpit',
    [
      ['clusters/dev/cluster.yaml', platformCluster('signIn: { mail: { kind: mailpit } }\napps: { mail: }')],
      ['apps/mail/app.ts', appFile('mail', "exposes: { port: 'http' },")],
    ],
  ],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/sign-in-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it.each<[string, Edit]>([
  ['the least', cluster('{ mail: { kind: mailpit } }')],
  [
    'providers with their Secret',
    cluster(
      '{ mail: { kind: smtp, host: smtp.example.org, from: a@example.org }, secret: sign-in, providers: { hub: { kind: github, clientId: a } } }',
    ),
  ],
  [
    'the database of accounts retired where nobody signs in',
    [
      'clusters/dev/cluster.yaml',
      platformCluster(
        'retired: [{ database: kratos, data: keep, storage: 2Gi, reason: People sign in elsewhere. }]\napps: {}',
      ),
    ],
  ],
  [
    'closed registration with codes by mail',
    cluster('{ mail: { kind: mailpit }, registration: closed, methods: { password: false } }'),
  ],
])('accepts %s', async (_, edit) => {
  const { diagnostics } = await withPlatform([edit], (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
});
