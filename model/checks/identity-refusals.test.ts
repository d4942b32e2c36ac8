import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { authorities } from '../identity.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const shopApp = 'apps/shop/app.ts';
const catalogApp = 'apps/catalog/app.ts';
const reload = "identity: { reload: 'files' },";

/** The catalog gets a port where callers prove who they are, and a database of its own; the shop uses both. */
const identity: Edit[] = [
  [catalogApp, 'api: { port: 9000 }', "api: { port: 9000 }, grpc: { port: 9443, tls: 'mutual' }"],
  [catalogApp, "summary: 'What", `database: { storage: '1Gi' },\n  ${reload}\n  summary: 'What`],
  [shopApp, "port: 'api' }", "port: 'grpc' }, { kind: 'database', of: 'catalog', as: 'read-only' }"],
  [shopApp, "summary: 'Sells", `${reload}\n  summary: 'Sells`],
  [dev, 'apps:', 'people:\n  me: { uses: [catalog] }\napps:'],
];

it('the unchanged repository has no diagnostics', async () => {
  const { environments, diagnostics } = await withEdits(identity, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
  expect(environments).toHaveLength(2);
});

it('every authority of an environment can be rotated: identity.roots takes its name', async () => {
  const all = await withEdits(
    [...identity, [dev, 'overlay: http', 'overlay: tls'], certificates('authorities: intermediate')],
    async (root) => {
      const { environments, diagnostics } = await loadGraph(root);
      expect(diagnostics).toEqual([]);
      return environments.flatMap((env) => (env.name === 'dev' ? authorities(env) : []));
    },
  );
  expect(all.map(({ name }) => name)).toEqual(expect.arrayContaining(['gateway', 'registry', 'environment']));
  const roots = all.map(({ name }) => `${name}: { trusted: [1, 2], issuing: 1 }`).join(', ');
  await withEdits(
    [
      ...identity,
      [dev, 'overlay: http', 'overlay: tls'],
      certificates(`authorities: intermediate\n  roots: { ${roots} }`),
    ],
    async (root) => expect((await loadGraph(root)).diagnostics).toEqual([]),
  );
});

const certificates = (lines: string): Edit => [dev, 'people:', `identity:\n  ${lines}\npeople:`];
const retired = (...entries: string[]): Edit => [
  dev,
  'people:',
  `retired:\n${entries.map((entry) => `  - { ${entry} }\n`).join('')}people:`,
];
const reason = "reason: 'Nobody asks for it any more.'";
const longName = 'a'.repeat(60);

const extensions = (names: string): Edit => [
  catalogApp,
  "storage: '1Gi' }",
  `storage: '1Gi', extensions: [${names}] }`,
];

/** Each edit breaks one rule. */
const cases: [name: string, edits: Edit[]][] = [
  ['a certificate that nothing reloads, of a server', [[catalogApp, reload, '']]],
  ['a certificate that nothing reloads, of a client', [[shopApp, reload, '']]],
  ['a second mutual port', [[catalogApp, 'api: { port: 9000 }', "api: { port: 9000, tls: 'mutual' }"]]],
  ['a probe without certificate', [[catalogApp, "path: '/', port: 'api'", "path: '/', port: 'grpc'"]]],
  [
    'a mutual port behind the gateway',
    [[catalogApp, 'resources:', "exposes: { port: 'grpc' },\n  resources:"]],
  ],
  ['metrics at a mutual port', [[catalogApp, 'resources:', "metrics: { port: 'grpc' },\n  resources:"]]],
  ['a variable that is derived', [[shopApp, "PORT: '8080'", "PORT: '8080', PGHOST: 'elsewhere'"]]],
  ['an unknown database', [[shopApp, "of: 'catalog'", "of: 'catalogue'"]]],
  ['the database of an app that has none', [[shopApp, "of: 'catalog'", "of: 'shop'"]]],
  [
    'two databases',
    [
      [
        shopApp,
        "as: 'read-only' }",
        "as: 'read-only' }, { kind: 'database', of: 'catalog', as: 'read-write' }",
      ],
    ],
  ],
  ['an extension that the image does not hold', [extensions("'pgcrypto', 'vector'")]],
  ['an extension by another name', [extensions("'pgvector', 'uuid_ossp'")]],
  ['an extension twice', [extensions("'citext', 'citext'")]],
  ['an access that is no role', [[shopApp, "as: 'read-only'", "as: 'readonly'"]]],
  ["the owner's role elsewhere", [[shopApp, "as: 'read-only'", "as: 'owner'"]]],
  ['a database of an app that does not run here', [[dev, '  catalog:\n', '']]],
  [
    'a name of which no role and no certificate could be made',
    [
      [
        `apps/${longName}/app.ts`,
        `export default { name: '${longName}', summary: 'x', image: { ref: 'a.io/b:1' }, ports: { a: { port: 8000 } },
  probes: { ready: { path: '/', port: 'a' } }, resources: { cpu: '1', memory: '1Gi' }, database: { storage: '1Gi' } };
`,
      ],
    ],
  ],
  ['a CA whose name has no room', [[dev, 'name: shop-dev', `name: ${longName.slice(4)}-dev`]]],
  ['a person whose name has no room', [[dev, 'me: { uses: [catalog] }', `${longName}: { uses: [catalog] }`]]],
  [
    'an app named as a database',
    [
      [
        'apps/catalog-db/app.ts',
        `export default { name: 'catalog-db', summary: 'x', image: { ref: 'a.io/b:1' }, ports: { a: { port: 8000 } },
  probes: { ready: { path: '/', port: 'a' } }, resources: { cpu: '1', memory: '1Gi' } };
`,
      ],
    ],
  ],
  ['a leaf that outlives its CA', [certificates('certificates: { duration: 800d }')]],
  ['a CA whose window is shorter than a leaf', [certificates('ca: { duration: 365d, renewBefore: 60d }')]],
  ['a renewal that is always due', [certificates('certificates: { duration: 24h, renewBefore: 24h }')]],
  ['a renewal that comes too late', [certificates('certificates: { renewBefore: 30s }')]],
  ['a certificate of minutes', [certificates('certificates: { duration: 30m, renewBefore: 10m }')]],
  ['an issuer that nobody trusts', [certificates('roots: { catalog: { trusted: [1], issuing: 2 } }')]],
  ['a generation twice', [certificates('roots: { catalog: { trusted: [1, 1], issuing: 1 } }')]],
  ['an unknown authority', [certificates('roots: { catalgo: { trusted: [1], issuing: 1 } }')]],
  [
    'a database retired while its app runs with it',
    [retired(`database: catalog, data: keep, storage: 1Gi, ${reason}`)],
  ],
  [
    'a database retired twice',
    [retired(`database: old, data: delete, ${reason}`, `database: old, data: keep, storage: 1Gi, ${reason}`)],
  ],
  ['a database retired without a word on its volume', [retired(`database: old, data: keep, ${reason}`)]],
  ['a database retired without a reason', [retired('database: old, data: delete')]],
  ['a database retired without a word on its data', [retired(`database: old, ${reason}`)]],
  [
    'a database retired under the name of an operator',
    [retired(`database: traefik, data: delete, ${reason}`)],
  ],
  [
    'a retired database whose component is an app',
    [
      retired(`database: old, data: delete, ${reason}`),
      [
        'apps/old-db/app.ts',
        `export default { name: 'old-db', summary: 'x', image: { ref: 'a.io/b:1' }, ports: { a: { port: 8000 } },
  probes: { ready: { path: '/', port: 'a' } }, resources: { cpu: '1', memory: '1Gi' } };
`,
      ],
    ],
  ],
  ['a person who calls what has no mutual port', [[dev, 'me: { uses: [catalog] }', 'me: { uses: [shop] }']]],
  ['a person who calls what does not exist', [[dev, 'me: { uses: [catalog] }', 'me: { uses: [catalgo] }']]],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withEdits([...identity, ...edits], (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/identity-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});
