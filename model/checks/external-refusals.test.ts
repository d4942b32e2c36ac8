import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const catalogApp = 'apps/catalog/app.ts';

const more = (text: string): Edit => [catalogApp, '  resources:', `  ${text}\n  resources:`];
const external = (text: string): Edit => [dev, 'apps:', `external:\n  ${text}\napps:`];
const database = "database: { storage: '1Gi' }, identity: { reload: 'files' },";
const use = "{ kind: 'database', of: 'catalog', as: 'read-write' }";
const host = 'host: db.example.org, networks: [192.0.2.0/24]';

/** Each breaks one rule of what others provide. */
const cases: [name: string, edits: Edit[]][] = [
  ['mail that nobody provides', [more("uses: [{ kind: 'mail' }],")]],
  [
    'mail twice',
    [more("uses: [{ kind: 'mail' }, { kind: 'mail' }],"), external(`mail: { ${host}, login: none }`)],
  ],
  [
    'mail and a database whose logins nobody has set',
    [
      more(`${database} uses: [${use}, { kind: 'mail' }],`),
      external(`databases: { catalog: { ${host} } }\n  mail: { ${host} }`),
    ],
  ],
  [
    'a certificate of a login that nobody has set',
    [
      more(`${database} uses: [${use}],`),
      external(`databases: { catalog: { ${host}, login: certificate } }`),
    ],
  ],
  [
    'a login that is a secret of the app',
    [
      more(`${database} uses: [${use}, { kind: 'secret', name: 'database-rw', keys: ['A'] }],`),
      external(`databases: { catalog: { ${host} } }`),
    ],
  ],
  [
    'a variable of mail',
    [
      more("env: { SMTP_HOST: 'smtp.example.org' }, uses: [{ kind: 'mail' }],"),
      external(`mail: { ${host}, login: none }`),
    ],
  ],
  ['the database of an app that owns none', [external(`databases: { catalog: { ${host} } }`)]],
  ['the database of an app that is not there', [external(`databases: { catalogue: { ${host} } }`)]],
  ['an address for a host', [external('mail: { host: 192.0.2.1, networks: [192.0.2.0/24] }')]],
  ['a host without networks', [external('mail: { host: smtp.example.org, networks: [] }')]],
  ['a CA that is a path', [external(`mail: { ${host}, authority: ca.pem }`)]],
  ['a way to log in that there is not', [external(`mail: { ${host}, login: certificate }`)]],
  ['a role that needs quotes', [external(`databases: { catalog: { ${host}, roles: { owner: "a b" } } }`)]],
];

it.each(cases)('%s is refused where it is written', async (name, edits) => {
  const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  // Of the other environment the same is true, and said in the same words.
  const here = diagnostics.filter(({ what }) => !what.includes(' prod'));
  expect(here.length).toBeGreaterThan(0);
  const text = `${here.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/external-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});
