import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const file = 'clusters/prod/images.yaml';
const digest = `sha256:${'a'.repeat(64)}`;
const source = 'c'.repeat(40);
const published = `source: ${source}\napps:\n  shop:\n    image: { tag: abc123, digest: "${digest}", source: ${source} }\n`;

/** The image of an app in an environment, and its diagnostics, of a repository with these edits. */
async function shopIn(name: string, edits: Edit[]) {
  return withEdits(edits, async (root) => {
    const { environments, diagnostics } = await loadGraph(root);
    const app = environments.find((each) => each.name === name)?.apps.find((each) => each.name === 'shop');
    return { app, diagnostics: diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)) };
  });
}

it('an app runs the image that was published in its environment, by digest, also after its files changed', async () => {
  const { app } = await shopIn('prod', [[file, published]]);
  expect(app?.imageRef).toBe(`registry.example.org/shop:abc123@${digest}`);
  expect(app?.builds).toEqual([
    expect.objectContaining({
      kind: 'image',
      folder: 'apps/shop',
      ref: expect.not.stringContaining('abc123'),
    }),
  ]);
});

it('the clean-up of the registry keeps what runs, the ten versions before, and those that a roll-back left', async () => {
  const digestOf = (n: number) => `sha256:${String(n).padStart(64, '0')}`;
  const version = (n: number) => `{ image: { tag: t${n}, digest: "${digestOf(n)}", source: ${source} } }`;
  const list = (first: number) => Array.from({ length: 10 }, (_, n) => version(first + n)).join(', ');
  const text = `source: ${source}\napps:\n  shop:\n    image: { tag: t0, digest: "${digestOf(0)}", source: ${source} }\n    before: [${list(1)}]\n    hold: { by: Ann, left: [${list(11)}] }\n`;
  const { app, diagnostics } = await shopIn('prod', [[file, text]]);
  expect(diagnostics).toEqual([]);
  expect(app?.publishedImages).toEqual(Array.from({ length: 21 }, (_, n) => `shop@${digestOf(n)}`));
});

it('an app without a publication runs the image of its current files', async () => {
  const other = published.replace('shop:', 'gone:');
  const { app, diagnostics } = await shopIn('prod', [[file, other]]);
  expect(diagnostics).toEqual([]);
  expect(app?.imageRef).toBe(app?.builds[0]?.ref);
});

it.each([
  ['a digest that is cut short', published.replace(digest, 'sha256:abc'), 'apps.shop.image.digest'],
  ['an image without a digest', published.replace(/digest: "[^"]+", /, ''), "'digest' is missing"],
  [
    'a source that is no commit',
    published.replace(`source: ${source} }`, 'source: main }'),
    'apps.shop.image.source',
  ],
  ['no source', published.replace(/, source: \w+/, ''), "'source' is missing"],
  ['an unknown key', `${published}    latest: true\n`, "unknown key 'latest'"],
])('refuses %s, with its place in the file', async (_, text, says) => {
  const { diagnostics } = await shopIn('prod', [[file, text]]);
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]).toContain(says);
  expect(diagnostics[0]).toMatch(/clusters\/prod\/images\.yaml:\d+:\d+/);
});

it('an environment that deploy fills has no published images', async () => {
  const { diagnostics } = await shopIn('dev', [['clusters/dev/images.yaml', published]]);
  expect(diagnostics.join()).toContain('git rm clusters/dev/images.yaml');
});

it.each([
  [
    'a node with another architecture than the first',
    'dev',
    'role: control-plane',
    'nodes[1] has another architecture than nodes[0], amd64',
  ],
  [
    'a processor that the stacks do not make',
    'prod',
    'instanceType: t3.large',
    'than the machines that the stacks create, amd64',
  ],
])('%s is refused', async (_, name, after, says) => {
  const edit: Edit =
    name === 'dev'
      ? [
          `clusters/dev/cluster.yaml`,
          after,
          `${after}\n  - name: worker\n    role: worker\n    architecture: arm64`,
        ]
      : [`clusters/prod/cluster.yaml`, after, `${after}, architecture: arm64`];
  const { diagnostics } = await shopIn(name, [edit]);
  expect(diagnostics.join()).toContain(says);
});

it('nodes that all have another architecture are one platform', async () => {
  const text = 'name: control-plane\n    role: control-plane';
  const { diagnostics } = await shopIn('dev', [
    ['clusters/dev/cluster.yaml', text, `${text}\n    architecture: arm64`],
  ]);
  expect(diagnostics).toEqual([]);
});
