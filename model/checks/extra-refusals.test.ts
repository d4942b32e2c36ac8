import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const extra = (text: string): Edit[] => [
  ['apps/shop/app.ts', appFile('shop', "extra: ['own.yaml'],")],
  ['apps/shop/own.yaml', text],
  ['clusters/dev/cluster.yaml', platformCluster('apps: { shop: }')],
];
const object = (name: string, kind = 'ConfigMap', apiVersion = 'v1') =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${JSON.stringify(name)}, namespace: shop }\n`;

const cases: [name: string, edits: Edit[]][] = [
  ['names that the API server refuses', extra(object('X_y'))],
  ['a name that leaves the folder', extra(object('../../x'))],
  ['a name of 254 letters', extra(object('a'.repeat(254)))],
  ['a role whose name is a path', extra(object('a/b', 'Role', 'rbac.authorization.k8s.io/v1'))],
  [
    'words that YAML 1.1 and 1.2 read in two ways',
    extra(
      `${object('x')}data:\n  A: yes\n  B: Off\n  C: 0644\n  D: -017\n  E: 1_000\n  F: 0b101\n  G: 0_7\n  on: quoted\n`,
    ),
  ],
  ['a merge', extra(`${object('x')}data: { <<: { A: "1" } }\n`)],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/extra-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it('words that both versions of YAML read in one way are taken', async () => {
  const text = `${object('system:x', 'Role', 'rbac.authorization.k8s.io/v1')}rules: [{ a: "yes", b: '0644', c: 0, d: 07, e: 1.10, f: 1e3, g: 2026-01-01, h: 12:30, i: y, j: true, k: ~, l: 0x1F, m: 0o17 }]\n`;
  const { diagnostics } = await withPlatform(extra(text), (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
});
