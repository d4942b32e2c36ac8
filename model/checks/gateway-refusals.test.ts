import { expect, it } from 'vitest';
import { type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const cluster = (more: string): Edit => [dev, platformCluster(`${more}\napps: {}`)];
const machines = (more: string, ports = '', domain = 'dev.localhost'): Edit => [
  dev,
  platformCluster(`${more}\napps: {}`)
    .replace('kind: kind', `kind: machines${ports && `, ports: { ${ports} }`}`)
    .replace('overlay: http', 'overlay: tls')
    .replace('memory: 16Gi', 'memory: 16Gi, address: 192.0.2.1')
    .replace('dev.localhost', domain),
];
const aws = (more: string): Edit => [
  dev,
  platformCluster(`${more}\napps: {}`)
    .replace('kind: kind', 'kind: aws, region: eu-central-1, account: "111122223333"')
    .replace('overlay: http', 'overlay: tls')
    .replace('memory: 16Gi', 'memory: 16Gi, instanceType: t3.large'),
];
const letsEncrypt =
  'gateway: { tls: { acme: { server: "https://acme-v02.api.letsencrypt.org/directory", email: ada@example.org } } }';

/** Invalid access to an environment, each with the place in the description. */
const cases: [name: string, edits: Edit[]][] = [
  ['TLS at a balancer on a laptop', [cluster('gateway: { tls: balancer }')]],
  ['TLS at a balancer before machines', [machines('gateway: { tls: balancer }')]],
  ['a CA of its own behind the balancer of AWS', [aws('gateway: { tls: authority }')]],
  ['ACME behind the balancer of AWS', [aws(letsEncrypt)]],
  ['a public ACME server for a laptop', [cluster(letsEncrypt)]],
  ['a public ACME server for machines without port 80', [machines(letsEncrypt)]],
  ['one port for HTTP and HTTPS', [machines('', 'http: 443, https: 443')]],
  [
    'an ACME server by HTTP',
    [cluster('gateway: { tls: { acme: { server: "http://ca.example.org/", email: a@example.org } } }')],
  ],
  [
    'an ACME server with a password',
    [
      cluster(
        'gateway: { tls: { acme: { server: "https://a:SECRET@ca.example.org/", email: a@example.org } } }',
      ),
    ],
  ],
  [
    'an ACME account without an address',
    [cluster('gateway: { tls: { acme: { server: "https://ca.example.org/", email: nobody } } }')],
  ],
  [
    'roots of an ACME server that are a path',
    [
      cluster(
        'gateway: { tls: { acme: { server: "https://ca.example.org/", email: a@example.org, roots: ./ca.pem } } }',
      ),
    ],
  ],
  [
    'roots of an ACME server that only look like certificates',
    [
      cluster(
        'gateway: { tls: { acme: { server: "https://ca.example.org/", email: a@example.org, roots: "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n" } } }',
      ),
    ],
  ],
  ['a way to end TLS that there is not', [cluster('gateway: { tls: none }')]],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/gateway-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it.each<[string, Edit]>([
  [
    'a public ACME server for machines that visitors reach at port 80',
    machines(letsEncrypt, 'http: 80, https: 443', 'dev.example.org'),
  ],
  ['a CA of its own on a laptop', cluster('gateway: { tls: authority }')],
  ['the balancer of AWS', aws('gateway: { tls: balancer }')],
])('accepts %s', async (_, edit) => {
  const { diagnostics } = await withPlatform([edit], (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
});
