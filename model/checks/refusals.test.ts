import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const prod = 'clusters/prod/cluster.yaml';
const shopApp = 'apps/shop/app.ts';
const catalogApp = 'apps/catalog/app.ts';
const traefik = 'operators/traefik/operator.ts';

/** A program that is bundled, beside a lock file of packages. */
function bundled(packageLock?: string): Edit[] {
  return [
    [shopApp, "build: '.'", "build: '.', bundle: 'server.ts'"],
    ['apps/shop/server.ts', 'export {};\n'],
    ...(packageLock === undefined ? [] : [['package-lock.json', packageLock] as const]),
  ];
}

const slack = "{ kind: slack, channel: '#alerts' }";
const alerts = (receivers: string) => `alerts: { secret: alerts, receivers: [${receivers}] }`;
const twice = (receiver: string) => alerts(`${receiver}, ${receiver}`);

/** Each edit breaks one rule of a repository in which everything was right. */
const cases: [name: string, edits: Edit[]][] = [
  // cluster.yaml as a document
  ['broken YAML', [[dev, 'nodes:', 'nodes: [']]],
  ['a key twice', [[dev, 'domain: dev.localhost', 'domain: dev.localhost\ndomain: other.localhost']]],
  ['two documents', [[dev, 'provider:', '---\nprovider:']]],
  ['an empty file', [[dev, '']]],
  ['a list', [[dev, '- name: dev\n']]],
  [
    'a bomb of anchors',
    [
      [
        dev,
        `a: &a [x]\n${[...'bcdefghi'].map((k, i) => `${k}: &${k} [${`*${'abcdefgh'[i]},`.repeat(9)}]`).join('\n')}\n`,
      ],
    ],
  ],
  ['no cluster.yaml', [['clusters/stage/README', 'later']]],
  // cluster.yaml against its schema
  ['an unknown key', [[dev, 'overlay: http', 'overlay: http\n  storgae: 5Gi']]],
  ['an unknown key that is like none', [[dev, 'overlay: http', 'overlay: http\n  colour: red']]],
  ['a missing key', [[prod, '  region: eu-central-1\n', '']]],
  ['a number for a text', [[dev, 'role: control-plane', 'role: control-plane\n    cpu: 2']]],
  ['a text for a number', [[dev, 'kind: kind', "kind: kind\n  ports: {http: '80'}"]]],
  ['no value', [[dev, 'name: shop-dev', 'name:']]],
  ['an unknown store of observability', [[dev, 'provider:', 'observability: { store: loki }\nprovider:']]],
  [
    'a receiver of alerts without its Secret',
    [[dev, 'provider:', `observability: { store: light, alerts: { receivers: [${slack}] } }\nprovider:`]],
  ],
  [
    'two receivers of alerts of one kind',
    [[dev, 'provider:', `observability: { store: light, ${twice(slack)} }\nprovider:`]],
  ],
  [
    'a receiver of alerts of an unknown kind',
    [[dev, 'provider:', `observability: { store: light, ${alerts('{ kind: sms }')} }\nprovider:`]],
  ],
  [
    'an address in place of the kind of a receiver',
    [
      [
        dev,
        'provider:',
        `observability: { store: light, ${alerts("{ kind: webhook, url: 'https://x.example.org' }")} }\nprovider:`,
      ],
    ],
  ],
  [
    'a receiver of mail without a port',
    [
      [
        dev,
        'provider:',
        `observability: { store: light, ${alerts('{ kind: mail, to: [a@example.org], from: b@example.org, smarthost: smtp.example.org }')} }\nprovider:`,
      ],
    ],
  ],
  [
    'log lines for less than a day where Loki keeps them',
    [[dev, 'provider:', 'observability: { store: grafana }\nretention: { logs: 12h }\nprovider:']],
  ],
  [
    'metrics for less than the windows of an objective',
    [
      [shopApp, 'resources:', "objective: { success: 99, within: '500ms' },\n  resources:"],
      [dev, 'provider:', 'observability: { store: light }\nretention: { metrics: 2d }\nprovider:'],
    ],
  ],
  ['a wrong choice', [[dev, 'overlay: http', 'overlay: https']]],
  ['an unknown provider', [[dev, 'kind: kind', 'kind: kimd']]],
  ['no provider', [[dev, '  kind: kind\n', '  {}\n']]],
  ['no nodes', [[dev, 'nodes:\n  - name: control-plane\n    role: control-plane', 'nodes: []']]],
  ['a bad domain', [[dev, 'dev.localhost', 'Dev_local']]],
  ['a bad quantity', [[dev, 'overlay: http', 'overlay: http\n  storage: 10GB']]],
  ['a port out of range', [[dev, 'kind: kind', 'kind: kind\n  ports: {http: 70000}']]],
  ['a bad name of an app', [[dev, 'catalog:', 'Catalog:']]],
  // cluster.yaml against the rest
  ['an unknown app', [[dev, 'catalog:', 'catalogue:']]],
  ['an app without what it uses', [[prod, '  catalog:\n', '']]],
  ['a version that is not locked', [[dev, 'v1.36.4', 'v1.35.0']]],
  ['another name than the folder', [[dev, 'name: shop-dev', 'name: shop-test']]],
  ['no control plane', [[dev, 'role: control-plane', 'role: worker']]],
  ['two control planes', [[prod, 'role: worker', 'role: control-plane']]],
  ['one name for two nodes', [[prod, 'worker-1', 'control-1']]],
  [
    'a machine without address',
    [
      [dev, 'kind: kind', 'kind: machines'],
      [dev, 'overlay: http', 'overlay: tls'],
    ],
  ],
  [
    'an instance without type',
    [[prod, 'worker-1, role: worker, instanceType: t3.large', 'worker-1, role: worker']],
  ],
  [
    'a virtual address in a cloud',
    [[prod, 'version: v1.36.4', 'version: v1.36.4\n  virtualAddress: 192.0.2.9']],
  ],
  [
    'a virtual address beside an endpoint',
    [
      [dev, 'kind: kind', 'kind: machines'],
      [dev, 'overlay: http', 'overlay: tls'],
      [dev, 'role: control-plane', 'role: control-plane\n    address: 192.0.2.1'],
      [dev, 'version: v1.36.4', 'version: v1.36.4\n  virtualAddress: 192.0.2.9\n  endpoint: 192.0.2.8'],
    ],
  ],
  [
    "a virtual address that is a node's",
    [
      [dev, 'kind: kind', 'kind: machines'],
      [dev, 'overlay: http', 'overlay: tls'],
      [dev, 'role: control-plane', 'role: control-plane\n    address: 192.0.2.1'],
      [dev, 'version: v1.36.4', 'version: v1.36.4\n  virtualAddress: 192.0.2.1'],
    ],
  ],
  ['production without TLS', [[prod, 'overlay: tls', 'overlay: http']]],
  // app.ts
  ['an app that does not parse', [[catalogApp, "name: 'catalog',", "name: 'catalog"]]],
  [
    'an app that throws',
    [[catalogApp, "name: 'catalog',", "name: 'catalog',\n  replicas: (() => { throw new Error('no') })(),"]],
  ],
  ['an app without export', [[catalogApp, 'export default', 'export const app =']]],
  ['an unknown key in an app', [[catalogApp, 'probes: {', 'replica: 2,\n  probes: {']]],
  ['a missing key in an app', [[catalogApp, "  resources: { cpu: '10m', memory: '64Mi' },\n", '']]],
  ['a number in a list of an app', [[shopApp, "app: 'catalog'", 'app: 7']]],
  ['an image without tag', [[catalogApp, 'catalog:2.1.0', 'catalog']]],
  ['a build of something else', [[shopApp, "build: '.'", "build: './src'"]]],
  ['another name than its folder', [[catalogApp, "name: 'catalog'", "name: 'catalogue'"]]],
  [
    'a probe of an unknown port',
    [[shopApp, "path: '/readyz', port: 'http'", "path: '/readyz', port: 'htpp'"]],
  ],
  ['an unknown port exposed', [[shopApp, "exposes: { port: 'http' }", "exposes: { port: 'web' }"]]],
  ['a use of an unknown app', [[shopApp, "app: 'catalog'", "app: 'catlog'"]]],
  ['a use of an unknown port', [[shopApp, "port: 'api'", "port: 'http'"]]],
  [
    'a cycle',
    [[catalogApp, 'resources:', "uses: [{ kind: 'app', app: 'shop', port: 'http' }],\n  resources:"]],
  ],
  [
    'one host name for two apps',
    [[catalogApp, 'resources:', "exposes: { port: 'api', host: 'shop' },\n  resources:"]],
  ],
  [
    "the registry's host name",
    [[shopApp, "exposes: { port: 'http' }", "exposes: { port: 'http', host: 'registry' }"]],
  ],
  // What images are made of
  ['an image without Dockerfile', [['apps/shop/Dockerfile', null]]],
  [
    'a bundle of a program that is not there',
    [[shopApp, "build: '.'", "build: '.', bundle: 'src/server.ts'"]],
  ],
  ['a bundle without lock file of packages', bundled()],
  ['a bundle whose lock file of packages is cut short', bundled('{ "packages": {')],
  ['a bundle whose lock file of packages is an old one', bundled('{ "dependencies": {} }')],
  ['a bundle that belongs to no package', bundled('{ "packages": { "apps/other": {} } }')],
  [
    'migrations that are not there',
    [
      [
        shopApp,
        'exposes:',
        "database: { storage: '1Gi', migrations: { build: './migrations' } },\n  identity: { reload: 'files' },\n  exposes:",
      ],
    ],
  ],
  // operators and the lock file
  [
    'an app named as an operator',
    [
      [
        'apps/traefik/app.ts',
        "export default { name: 'traefik', summary: 'x', image: { ref: 'a.io/b:1' }, ports: { a: { port: 8000 } },\n  probes: { ready: { path: '/', port: 'a' } }, resources: { cpu: '1', memory: '1Gi' } };\n",
      ],
    ],
  ],
  [
    'an app named as a namespace of Kubernetes',
    [
      [
        'apps/kube-system/app.ts',
        "export default { name: 'kube-system', summary: 'x', image: { ref: 'a.io/b:1' }, ports: { a: { port: 8000 } },\n  probes: { ready: { path: '/', port: 'a' } }, resources: { cpu: '1', memory: '1Gi' } };\n",
      ],
    ],
  ],
  ['an image that is not locked', [[traefik, "images: ['traefik']", "images: ['treafik']"]]],
  [
    'metrics at a port that is none',
    [[shopApp, 'resources:', "metrics: { port: 'metrics' },\n  resources:"]],
  ],
  [
    'an objective that no histogram can tell',
    [[shopApp, 'resources:', "objective: { success: 99, within: '300ms' },\n  resources:"]],
  ],
  ['CRDs that are not locked', [[traefik, "'gateway-api-crds'", "'gateway-crds'"]]],
  [
    'an operator that calls one without a certificate',
    [[traefik, "images: ['traefik']", "images: ['traefik'], calls: ['registry']"]],
  ],
  ['an operator named otherwise', [[traefik, "name: 'traefik'", "name: 'gateway'"]]],
  [
    'a repository in the cluster that no operator holds',
    [
      [
        'operators/registry/operator.ts',
        "gitRepository: 'http://git-server.git-server.svc.cluster.local/platform.git',",
        '',
      ],
    ],
  ],
  ['a tag that is latest', [['images/lock.yaml', 'traefik:v3.6.12', 'traefik:latest']]],
  ['no lock file', [['images/lock.yaml', null]]],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(`golden/refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`);
});

it('reports all diagnostics of a run at once, in the order of files and lines', async () => {
  const edits: Edit[] = [
    [prod, 'overlay: tls', 'overlay: http'],
    [shopApp, "port: 'api'", "port: 'http'"],
    [dev, 'catalog:', 'catalogue:'],
    [dev, 'v1.36.4', 'v1.35.0'],
  ];
  const { diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(diagnostics.map(({ file, line, code }) => [file, line, code])).toEqual([
    [shopApp, 12, 'unknown-port'],
    [dev, 4, 'version-not-locked'],
    [dev, 16, 'unknown-app'],
    [dev, 17, 'app-not-enabled'],
    [prod, 13, 'registry-without-tls'],
  ]);
});

it('names the file that cannot be parsed', async () => {
  // What the parser says is its own affair: it is another one here than in Node.
  const edits: Edit[] = [[catalogApp, "name: 'catalog',", "name: 'catalog'"]];
  const { diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(diagnostics).toEqual([expect.objectContaining({ code: 'import-failed', file: catalogApp })]);
});
