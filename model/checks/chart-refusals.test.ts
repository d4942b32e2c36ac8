import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

/** An operator that is a chart; `chart` and `more` are lines of its description. */
const operator = (chart: string, more = '', name = 'watcher'): Edit => [
  `operators/${name}/operator.ts`,
  `export default {
  name: '${name}',
  summary: 'Watches.',
  namespace: 'watching',
  chart: {
    ${chart}
  },
  ${more}
};
`,
];
const oci = "oci: 'oci://quay.io/team/watcher',";
const pin = `version: '1.2.3', digest: '${digest}',`;
const extra = (text: string): Edit[] => [
  ['apps/shop/app.ts', 'export default {', "export default {\n  extra: ['extra/one.yaml'],"],
  ['apps/shop/extra/one.yaml', text],
];

/** What an operator that is a chart, and objects of one's own, cannot say, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['a chart without a place', [operator(pin)]],
  ['a chart without a digest', [operator(`${oci} version: '1.2.3',`)]],
  ['a chart of a range of versions', [operator(`${oci} version: '^1.2', digest: '${digest}',`)]],
  ['a chart whose address has a version', [operator(`oci: 'oci://quay.io/team/watcher:1.2.3', ${pin}`)]],
  [
    'a repository of charts by HTTP',
    [operator(`repository: 'http://charts.example.org', name: 'watcher', ${pin}`)],
  ],
  [
    'a repository of charts with a password',
    [operator(`repository: 'https://me:SECRET@charts.example.org', name: 'watcher', ${pin}`)],
  ],
  [
    'a call of a chart without a port',
    [operator(`${oci} ${pin} network: { w: { calls: [{ to: 'anybody' }] } },`)],
  ],
  ['a level of Pod Security that there is not', [operator(`${oci} ${pin} podSecurity: 'strict',`)]],
  ['a chart with CRDs of the lock file', [operator(`${oci} ${pin}`, "crds: ['gateway-api-crds'],")]],
  [
    'a chart under a name that no release can have',
    [operator(`${oci} ${pin}`, '', `w${'atcher'.repeat(9)}`)],
  ],
  [
    'a chart with a key in its values',
    [
      operator(
        `${oci} ${pin} values: { token: '${['ghp', 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8'].join('_')}' },`,
      ),
    ],
  ],
  ['objects of a file that is not there', extra('').slice(0, 1)],
  ['an object that is none', extra('hello: world\n')],
  ['an object without a namespace', extra('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one }\n')],
  [
    'an object in the namespace of others',
    extra('apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: catalog }\n'),
  ],
  [
    'two objects in one file',
    extra(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: shop }\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: { name: b, namespace: shop }\n',
    ),
  ],
];

it.each(cases)('%s is refused', async (name, edits) => {
  const { diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  expect(diagnostics.length).toBeGreaterThan(0);
  expect(text).not.toContain('SECRET');
  await expect(text).toMatchFileSnapshot(`golden/chart-refusals/${name.replaceAll(' ', '-')}.txt`);
});

it('accepts a chart together with further objects', async () => {
  const object =
    'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: one, namespace: shop }\ndata: { a: b }\n';
  const edits = [operator(`${oci} ${pin} values: { a: { b: [1, null, true] } },`), ...extra(object)];
  const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
  const [env] = environments;
  expect(env?.operators.find(({ name }) => name === 'watcher')?.chart?.values).toEqual({
    a: { b: [1, null, true] },
  });
  expect(env?.apps.find(({ name }) => name === 'shop')?.extraObjects).toMatchObject([{ kind: 'ConfigMap' }]);
});
