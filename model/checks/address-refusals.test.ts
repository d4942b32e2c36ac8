import { expect, it } from 'vitest';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const app = (name: string, more = ''): Edit => [`apps/${name}/app.ts`, appFile(name, more)];
const cluster = (more: string): Edit => [dev, platformCluster(more)];
const exposed = (fields: string, hosts = ''): Edit[] => [
  app('shop', `exposes: { port: 'http', ${fields} },`),
  cluster(`apps: { shop: { ${hosts} } }`),
];
/** Machines behind port 80, for which a public ACME server can issue certificates. */
const byAcme = (server: string, apps = '{}', domain = 'shop.example.org'): Edit[] => [
  app('shop', "exposes: { port: 'http' },"),
  [
    dev,
    platformCluster(
      `nodes: [{ name: one, role: control-plane, address: 192.0.2.1 }]
source: { kind: git, url: "https://git.example.org/platform.git" }
registry: { overlay: tls }
gateway: { tls: { acme: { server: ${JSON.stringify(server)}, email: ada@example.org } } }
apps: ${apps}`,
    )
      .replace('kind: kind', 'kind: machines, ports: { http: 80, https: 443 }')
      .replace('dev.localhost', domain),
  ],
];
const issuer = (address: string): Edit =>
  cluster(
    `signIn: { secret: s, mail: { kind: mailpit }, providers: { team: { kind: oidc, clientId: x, issuer: ${JSON.stringify(address)} } } }\napps: {}`,
  );
const endpoint = (address: string): Edit =>
  cluster(
    `databases: { backups: { destination: 's3://shop/x', credentials: { secret: s3 }, endpoint: ${JSON.stringify(address)} } }\napps: {}`,
  );
const bucket = (address: string): Edit =>
  cluster(
    `databases: { backups: { destination: ${JSON.stringify(address)}, credentials: { secret: s3 } } }\napps: {}`,
  );
const networks = (...list: string[]): Edit =>
  cluster(`egress: { privateNetworks: ${JSON.stringify(list)} }\napps: {}`);
const forge = (fields: string): Edit => [
  dev,
  platformCluster('').replace(
    '{ kind: in-cluster }',
    `{ kind: git, url: "https://git.example.org/platform.git", ${fields} }`,
  ),
];
const alerts = (receiver: string): Edit =>
  cluster(`observability: { store: light, alerts: { secret: s, receivers: [${receiver}] } }\napps: {}`);
const labels = (key: string): Edit[] => [
  app('shop', `nodes: { labels: { '${key}': 'x' } },`),
  cluster('apps: { shop: }'),
];

/** Addresses and names that their programs would refuse, or read in another way, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  ['an issuer with a password', [issuer('https://user:PASSWORD@login.example.org/')]],
  ['an issuer with a query', [issuer('https://login.example.org/?realm=team')]],
  ['an issuer with a blank before it', [issuer(' https://login.example.org')]],
  ['an issuer with a backslash', [issuer('https:\\login.example.org')]],
  ['an issuer with a host in Unicode', [issuer('https://münchen.example.org')]],
  ['an ACME server without its slashes', byAcme('https:acme.example.org/dir')],
  ['an ACME server at port 0', byAcme('https://acme.example.org:0/dir')],
  ['an ACME server with a broken path', byAcme('https://acme.example.org/%zz')],
  ['an S3 on a port that is none', [endpoint('https://s3.example.org:99999')]],
  ['an S3 with a bracket', [endpoint('https://[::1')]],
  ['an S3 with a password and a blank', [endpoint('https://user:PASS WORD@s3.example.org')]],
  ['a bucket with two dots', [bucket('s3://shop..x/y')]],
  ['a bucket that is an IP address', [bucket('s3://192.168.1.1/y')]],
  ['a folder above the bucket', [bucket('s3://shop/../y')]],
  ['a forge with a bracket', [forge('forge: { kind: github, api: "https://[::1/api" }')]],
  [
    'a forge with a slash at its end',
    [forge('forge: { kind: github, api: "https://git.example.org/api/" }')],
  ],
  [
    'a repository with a colon and no port',
    [
      [
        dev,
        platformCluster('').replace(
          '{ kind: in-cluster }',
          '{ kind: git, url: "https://git.example.org:/team/platform.git" }',
        ),
      ],
    ],
  ],
  ['a branch with a hidden part', [forge('branch: team/.x')]],
  ['a branch with the name of a lock', [forge('branch: main.lock/x')]],
  ['a branch with a control character', [forge(String.raw`branch: "a\u0001"`)]],
  ['networks with bits below the prefix', [networks('10.20.1.5/16', '192.168.1.0/16')]],
  [
    'networks that are not private',
    [networks('0.0.0.0/0', '169.254.169.254/32', '172.0.0.0/8', '8.8.8.8/32')],
  ],
  ['networks that are none', [networks('10.0.0.0/33', '10.0.0.0', '010.0.0.0/8', 'fd00::/8')]],
  [
    'a mail server at port 0',
    [alerts('{ kind: mail, to: [a@example.org], from: b@example.org, smarthost: "mail.example.org:0" }')],
  ],
  [
    'a mail server with two dots',
    [alerts('{ kind: mail, to: [a@example.org], from: b@example.org, smarthost: "mail..example.org:25" }')],
  ],
  [
    'a recipient that is a template',
    [
      alerts(
        '{ kind: mail, to: ["{{x}}@example.org"], from: b@example.org, smarthost: "mail.example.org:25" }',
      ),
    ],
  ],
  ['a redirect to a port that is none', exposed("redirects: { '/a': 'https://docs.example.org:99999/' }")],
  ['a redirect to a host with two dots', exposed("redirects: { '/a': 'https://docs..example.org/' }")],
  ['a redirect to another host without a scheme', exposed("redirects: { '/a': '//docs.example.org' }")],
  ['a redirect that goes up', exposed("redirects: { '/a/b': '/a/../c' }")],
  ['an origin on a port that is none', exposed("cors: { origins: ['https://www.example.org:99999'] }")],
  ['one host of an app twice', exposed("hosts: ['www', 'www']", 'hosts: [a.example.org, a.example.org]')],
  ['a host that is the domain', exposed('', 'hosts: [dev.localhost]')],
  ['a host two words below the domain', exposed('', 'hosts: [a.b.dev.localhost]')],
  ['a host of the platform', exposed('', 'hosts: [registry.dev.localhost]')],
  [
    'names that no public authority certifies',
    byAcme('https://acme.example.org/dir', '{ shop: { hosts: [shop.local, localhost] } }', 'team.internal'),
  ],
  ['a label with two dots in its domain', labels('a..b/disk')],
  ['a label with a domain that is too long', labels(`${'a'.repeat(254)}/disk`)],
  [
    'GPUs with the prefix of a quota',
    [app('shop', "nodes: { gpus: { 'requests.nvidia.com/gpu': 1 } },"), cluster('apps: { shop: }')],
  ],
  [
    'a rule with the version of its group',
    [
      app(
        'shop',
        "uses: [{ kind: 'kubernetes', reason: 'It counts them.', rules: [{ apiGroups: ['apps/v1'], resources: ['Deployments'], verbs: ['get'] }] }],",
      ),
    ],
  ],
  [
    'a file in too many folders',
    [app('shop', `files: { '/etc/x': '${'a/'.repeat(90)}x' },`), [`apps/shop/${'a/'.repeat(90)}x`, '']],
  ],
  [
    'a time zone in small letters',
    [app('shop', "command: ['true'],\n  schedule: { cron: '0 2 * * *', timeZone: 'asia/kolkata' },")],
  ],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  expect(text).not.toMatch(/PASS|Invalid/);
  await expect(text).toMatchFileSnapshot(
    `golden/address-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});
