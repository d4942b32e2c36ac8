import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const app = (exposes: string, name = 'shop'): Edit => [
  `apps/${name}/app.ts`,
  appFile(
    name,
    `ports: { http: { port: 8080 }, api: { port: 8081 } },\n  exposes: { port: 'http', ${exposes} },`,
  ),
];
const running = (apps: string): Edit => ['clusters/dev/cluster.yaml', platformCluster(`apps: { ${apps} }`)];
const shop = (exposes: string): Edit[] => [app(exposes), running('shop: ')];

/** What cannot be said of how visitors reach an app, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['a path to a port that is not there', shop("paths: { '/api': 'apo' }")],
  ['a path that leaves its folder', shop("paths: { '/api/../admin': 'api' }")],
  ['a path that is two things', shop("paths: { '/api': 'api' }, redirects: { '/api': '/new' }")],
  ['one path with and without a slash at its end', shop("paths: { '/api': 'api', '/api/': 'http' }")],
  ['a redirect to itself', shop("redirects: { '/old': '/old' }")],
  ['redirects in a circle', shop("redirects: { '/in': '/a', '/a': '/b', '/b': '/a' }")],
  [
    'a redirect to itself by an address of the app',
    [
      app("hosts: ['www'], redirects: { '/': 'https://www.dev.localhost:8443', '/b': '/' }"),
      running('shop: '),
    ],
  ],
  ...[
    ['request', 'Host'],
    ['request', 'content-length'],
    ['request', 'X-Forwarded-For'],
    ['response', 'Content-Length'],
    ['response', 'transfer-encoding'],
    ['response', 'Connection'],
    ['response', 'Content-Encoding'],
    ['response', 'Set-Cookie'],
  ].map(([side, header]): [string, Edit[]] => [
    `the header ${header} in every ${side}`,
    shop(`headers: { ${side}: { '${header}': '1' } }`),
  ]),
  [
    'more redirects than a route takes',
    shop(`redirects: { ${Array.from({ length: 16 }, (_, i) => `'/old-${i}': '/new'`).join(', ')} }`),
  ],
  [
    'more names than a route takes',
    shop(`hosts: [${Array.from({ length: 16 }, (_, i) => `'www-${i}'`).join(', ')}]`),
  ],
  [
    'more names than a route takes in one environment',
    [
      app("hosts: ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o']"),
      running('shop: { hosts: [shop.example.org] }'),
    ],
  ],
  ['one header in capital and small letters', shop("headers: { response: { 'X-A': 'one', 'x-a': 'two' } }")],
  ['a redirect to an address by HTTP', shop("redirects: { '/old': 'http://example.org/new' }")],
  ['a header of two lines', shop("headers: { response: { 'X-A': 'one\\r\\nSet-Cookie: a=b' } }")],
  ['a header with a blank in its name', shop("headers: { response: { 'X A': 'one' } }")],
  ['paths of gRPC', shop("protocol: 'grpc', paths: { '/api': 'api' }")],
  ['answer headers of gRPC', shop("protocol: 'grpc', headers: { response: { 'X-A': 'one' } }")],
  ['limits without a limit', shop('limits: {}')],
  ['a rate in another notation', shop("limits: { rate: { requests: 100, per: '1m', by: 'address' } }")],
  ['a rate that is no number', shop("limits: { rate: { perSecond: '100' } }")],
  ['a rate of nothing', shop('limits: { rate: { perSecond: 0 } }')],
  ['a burst below the rate', shop('limits: { rate: { perSecond: 100, burst: 50 } }')],
  ['a burst of three seconds', shop('limits: { rate: { perSecond: 100, burst: 300 } }')],
  ['a body limit without a unit', shop("limits: { body: '1000', inFlight: 5 }")],
  ['a body limit without a number of requests', shop("limits: { body: '1Mi' }")],
  ["a body limit above the gateway's memory", shop("limits: { body: '1Gi', inFlight: 10 }")],
  ['a body limit of less than a byte', shop("limits: { body: '0.0001k', inFlight: 5 }")],
  ['an answer limit alone', shop("limits: { answer: '1Mi' }")],
  ['a body limit of gRPC', shop("protocol: 'grpc', limits: { body: '1Mi', inFlight: 5 }")],
  ['CORS of gRPC', shop("protocol: 'grpc', cors: { origins: ['https://www.example.org'] }")],
  ['CORS without origins', shop('cors: { origins: [] }')],
  ['CORS for an origin with a path', shop("cors: { origins: ['https://www.example.org/'] }")],
  ['CORS for an origin of another protocol', shop("cors: { origins: ['ftp://www.example.org'] }")],
  ['CORS for an origin with its default port', shop("cors: { origins: ['https://www.example.org:443'] }")],
  ['CORS for all names of a domain', shop("cors: { origins: ['https://*.example.org'] }")],
  ['CORS for everyone with credentials', shop("cors: { origins: ['*'], credentials: true }")],
  [
    'CORS for every header with credentials',
    shop("cors: { origins: ['https://www.example.org'], headers: ['*'], credentials: true }"),
  ],
  ['CORS with a method of its own', shop("cors: { origins: ['*'], methods: ['PURGE'] }")],
  [
    'a header that CORS sets',
    shop("cors: { origins: ['*'] }, headers: { response: { 'access-control-allow-origin': '*' } }"),
  ],
  ['CORS in another notation', shop("cors: { allowedOrigins: ['*'] }")],
  ['CORS of an app with a sign-in', shop("signIn: true, cors: { origins: ['https://www.example.org'] }")],
  ['a limit in another notation', shop("rateLimit: { average: 100 }, maxBodySize: '1Mi'")],
  ['a whole host name in app.ts', shop("hosts: ['www.example.org']")],
  ['one name for two apps', [app("hosts: ['www']"), app("host: 'www'", 'store'), running('shop: , store: ')]],
  ['the name of the registry', shop("hosts: ['registry']")],
  ['one name twice', shop("hosts: ['shop']")],
  ['a name below the own domain in cluster.yaml', [app(''), running('shop: { hosts: [www.dev.localhost] }')]],
  [
    'a name of an app that exposes nothing',
    [['apps/shop/app.ts', appFile('shop')], running('shop: { hosts: [www.example.org] }')],
  ],
];

it.each(cases)('%s is refused', async (name, edits) => {
  const { diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = diagnostics.map((diagnostic) => `${formatDiagnostic(diagnostic)}\n`).join('');
  await expect(text).toMatchFileSnapshot(
    `golden/exposes-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it('accepts names of other domains in one environment, in addition to those below its domain', async () => {
  const edits = [app("hosts: ['www']"), running('shop: { hosts: [shop.example.org] }')];
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(diagnostics).toEqual([]);
  expect(environments[0]?.apps[0]?.hosts).toEqual([
    'shop.dev.localhost',
    'shop.example.org',
    'www.dev.localhost',
  ]);
});
