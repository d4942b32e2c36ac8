import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const accounts = 'signIn: { mail: { kind: mailpit } }\n';
const cluster = (apps: string, more = accounts): Edit => [
  'clusters/dev/cluster.yaml',
  platformCluster(`${more}apps: { ${apps} }`),
];
const app = (more: string, name = 'shop'): Edit => [`apps/${name}/app.ts`, appFile(name, more)];
const door = "exposes: { port: 'http', signIn: true },";
const people = "uses: [{ kind: 'people' }],\n  identity: { reload: 'files' },";

/** What cannot be said of people who are signed in, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['a sign-in where nobody has an account', [app(door), cluster('shop: ', '')]],
  [
    'tokens where nobody has an account',
    [app(`exposes: { port: 'http' },\n  ${people}`), cluster('shop: ', '')],
  ],
  [
    'a sign-in of gRPC',
    [
      app(
        "probes: { ready: { tcp: 'http' } },\n  exposes: { port: 'http', protocol: 'grpc', signIn: true },",
      ),
      cluster('shop: '),
    ],
  ],
  [
    'the header of the person by hand',
    [
      app("exposes: { port: 'http', signIn: true, headers: { request: { 'X-Plinth_Person': 'ada' } } },"),
      cluster('shop: '),
    ],
  ],
  ['tokens that nobody sends', [app(`exposes: { port: 'http' },\n  ${people}`), cluster('shop: ')]],
  [
    'tokens without reading certificates again',
    [app(`${door}\n  uses: [{ kind: 'people' }],`), cluster('shop: ')],
  ],
  [
    'a variable of the edge by hand',
    [app(`${door}\n  ${people}\n  env: { PEOPLE_ISSUER: 'me' },`), cluster('shop: ')],
  ],
  [
    'an app at the host of the pages',
    [app("exposes: { port: 'http', host: 'accounts' },"), cluster('shop: ')],
  ],
  ['an app with the name of the proxy', [app('', 'sign-in'), cluster('sign-in: ')]],
  [
    'rights by an app that does not run there',
    [app(door), cluster('shop: ', 'signIn: { mail: { kind: mailpit }, rights: organisations }\n')],
  ],
  [
    'rights by an app whose callers show no certificate',
    [app(door), cluster('shop: ', 'signIn: { mail: { kind: mailpit }, rights: shop }\n')],
  ],
];

it.each(cases)('%s is refused', async (name, edits) => {
  const { diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  await expect(text).toMatchFileSnapshot(
    `golden/people-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it('accepts sign-in, with tokens verified in the app itself and in one that it calls', async () => {
  const edits = [
    app(
      `${door}\n  uses: [{ kind: 'people' }, { kind: 'app', app: 'orders', port: 'http' }],\n  identity: { reload: 'files' },`,
    ),
    app(people, 'orders'),
    cluster('shop: , orders: '),
  ];
  const { diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
});

const optional = "uses: [{ kind: 'people', optional: true }],\n  identity: { reload: 'files' },";
const caller = app(
  `${door}\n  uses: [{ kind: 'app', app: 'orders', port: 'http' }],\n  identity: { reload: 'files' },`,
);

it.each<[string, Edit[], boolean]>([
  ['is gone where nobody has an account', [app(optional, 'orders'), cluster('orders: ', '')], false],
  [
    'is gone where no app hands tokens on, although it does in another environment',
    [app(optional, 'orders'), caller, cluster('orders: ')],
    false,
  ],
  [
    'is there beside an app that hands tokens on',
    [app(optional, 'orders'), caller, cluster('shop: , orders: ')],
    true,
  ],
])('an optional edge to people %s', async (_, edits, isThere) => {
  const { diagnostics, environments } = await withPlatform(edits, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
  const orders = environments.find(({ name }) => name === 'dev')?.apps.find(({ name }) => name === 'orders');
  expect(orders?.uses.some(({ kind }) => kind === 'people')).toBe(isThere);
});
