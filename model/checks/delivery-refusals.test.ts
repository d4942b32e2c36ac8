import { generateKeyPairSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const cluster = (more: string, apps = '{}'): Edit => [
  'clusters/dev/cluster.yaml',
  platformCluster(`${more}\napps: ${apps}`),
];
const forge = (receiver: string, kind = 'gitea') =>
  `source: { kind: git, url: "https://git.example.org/team/platform.git", forge: { kind: ${kind}, receiver: ${receiver} } }`;
const signedBy = (text: string) => `registry: { overlay: http, signedBy: [${JSON.stringify(text)}] }`;
const privateKey = generateKeyPairSync('ec', { namedCurve: 'prime256v1' }).privateKey.export({
  type: 'sec1',
  format: 'pem',
});

/** What cluster.yaml cannot say of deliveries and signatures, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['a receiver without a Secret', [cluster(forge('{ status: true }'))]],
  ['the secret of a webhook in the file', [cluster(forge('{ secret: forge, webhookSecret: abcdef }'))]],
  ['a receiver whose statuses are off by a word', [cluster(forge('{ secret: forge, status: false }'))]],
  ['a forge of an unknown kind', [cluster(forge('{ secret: forge }', 'bitbucket'))]],
  [
    'a forge of a Git server in the cluster',
    [cluster('source: { kind: in-cluster, forge: { kind: gitea } }')],
  ],
  [
    'an app at the host of the receiver',
    [
      ['apps/hooks/app.ts', appFile('hooks', "exposes: { port: 'http' },")],
      cluster(forge('{ secret: forge }'), '{ hooks: }'),
    ],
  ],
  [
    'an app with the name of the receiver',
    [['apps/receiver/app.ts', appFile('receiver')], cluster(forge('{ secret: forge }'), '{ receiver: }')],
  ],
  ['a private key of signatures', [cluster(signedBy(String(privateKey)))]],
  ['a key of signatures that is a path', [cluster(signedBy('signing.pub'))]],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  expect(text).not.toContain('PRIVATE KEY');
  await expect(text).toMatchFileSnapshot(
    `golden/delivery-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});
