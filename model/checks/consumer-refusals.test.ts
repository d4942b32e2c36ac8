import { expect, it } from 'vitest';
import { loadLock } from '../../images/lock/index.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const server =
  "ports: { http: { port: 8080 }, grpc: { port: 8443, tls: 'mutual' } }, identity: { reload: 'files' },";
const database = "database: { storage: '1Gi' },";

const app = (name: string, more = ''): Edit => [`apps/${name}/app.ts`, appFile(name, more)];
const cluster = (more: string): Edit => [dev, platformCluster(more)];
const changed = (search: string, replacement: string): Edit => [
  dev,
  platformCluster('').replace(search, () => replacement),
];
const source = (url: string, more = ''): Edit =>
  changed('{ kind: in-cluster }', `{ kind: git, url: ${JSON.stringify(url)}${more} }`);
const env = (text: string) => app('shop', `env: { WORDS: ${text} },`);
const image = (ref: string) =>
  [`apps/shop/app.ts`, appFile('shop').replace('docker.io/example/app:1.0', ref)] as const;
const built = (dockerfile: string): Edit[] => [
  [`apps/shop/app.ts`, appFile('shop').replace("ref: 'docker.io/example/app:1.0'", "build: '.'")],
  ['apps/shop/Dockerfile', dockerfile],
];
/** A Dockerfile whose base image is locked, and arguments of its build. */
const withArguments = (args: string): Edit[] => [
  ...built('ARG BASE=scratch\nFROM scratch\nARG VERSION=1\n'),
  [
    `apps/shop/app.ts`,
    appFile('shop').replace("ref: 'docker.io/example/app:1.0'", `build: '.', buildArgs: { ${args} }`),
  ],
];
/** A Dockerfile at `apps/shop`, and the fields of `image` beside `build`. */
const fromContext = (dockerfile: string, fields = "context: '../..'"): Edit[] => [
  ...built(dockerfile),
  ['apps/shop/app.ts', appFile('shop').replace("ref: 'docker.io/example/app:1.0'", `build: '.', ${fields}`)],
  ['packages/money/index.js', 'export {};'],
];
const backups = (more: string) =>
  cluster(
    `databases: { backups: { destination: 's3://shop/x', credentials: { secret: s3 }, ${more} } }\napps: {}`,
  );

/** What Kubernetes, Postgres, Flux, a registry or the kernel would refuse, each in the place where a person wrote it. */
const cases: [name: string, edits: Edit[]][] = [
  // Names (apimachinery)
  ['an app whose Service would start with a digit', [app('1st')]],
  [
    'a port whose name is a number',
    [app('shop', "ports: { http: { port: 8080 }, '8080': { port: 8081 } },")],
  ],
  [
    'a port whose name has two dashes in a row',
    [app('shop', "ports: { http: { port: 8080 }, 'a--b': { port: 8081 } },")],
  ],
  [
    'a port whose name is too long',
    [app('shop', 'ports: { http: { port: 8080 }, aaaaaaaaaaaaaaaa: { port: 8081 } },')],
  ],
  ['a domain with a label of 100 characters', [changed('dev.localhost', `${'a'.repeat(100)}.localhost`)]],
  ['a domain that ends with a number', [changed('dev.localhost', '10.0.0.1')]],
  [
    'a period that is no int32',
    [app('shop', "probes: { ready: { path: '/', port: 'http', period: 3000000000 } },")],
  ],
  ['a duration that Go cannot count', [cluster('identity: { ca: { duration: 999999999d } }\napps: {}')]],
  ['a sentence of 1,001 characters', [app('shop', `summary: '${'a'.repeat(1001)}',`)]],
  // Texts (go-yaml, execve)
  ['a variable with half of a character', [env(String.raw`'\ud800'`)]],
  ['a variable with NUL', [env(String.raw`'a\0b'`)]],
  [
    'half of a character in cluster.yaml',
    [app('shop'), cluster(String.raw`apps: { shop: { env: { WORDS: "\udc00" } } }`)],
  ],
  ['half of a character in a key', [app('shop', String.raw`env: { '\udc00': '' },`)]],
  [
    'half of a character in the reason of an edge',
    [app('shop', String.raw`uses: [{ kind: 'kubernetes', reason: '\ud83d', rules: [] }],`)],
  ],
  ['a variable that no process starts with', [env("'a'.repeat(131_072)")]],
  [
    'variables that no object has room for',
    [app('shop', "env: Object.fromEntries([...'ABCDEFGHIJK'].map((name) => [name, name.repeat(100_000)])),")],
  ],
  // Images (distribution/reference)
  ['an image with capitals', [image('ghcr.io/MyOrg/App:1.0')]],
  ['an image without registry', [image('library/nginx:1.29.1')]],
  ['an image with two slashes', [image('ghcr.io//app:1.0')]],
  ['an image whose tag starts with a dot', [image('ghcr.io/app:.1')]],
  ['an image with a digest that is none', [image('ghcr.io/app:1.0@sha256:abc')]],
  ['an image with three underscores', [image('ghcr.io/a___b:1.0')]],
  ['an image by a tag that moves', [image('ghcr.io/app/web:stable')]],
  ['an image on a port that is none', [image('ghcr.io:99999/app:1.0')]],
  // Git (source-controller)
  [
    'a repository as scp writes it, behind ssh',
    [source('ssh://git@github.com:org/repo.git', ', secret: key')],
  ],
  ['a repository as scp writes it', [source('git@github.com:org/repo.git')]],
  ['a repository with a token', [source('https://user:TOKEN@example.org/repo')]],
  ['a repository with a token for a name', [source('https://TOKEN@example.org/repo')]],
  ['a repository with a token in the query', [source('https://example.org/repo?token=T')]],
  ['a repository with a password of SSH', [source('ssh://git:PASSWORD@example.org/repo', ', secret: key')]],
  ['a repository by SSH without a key', [source('ssh://git@example.org/repo')]],
  ['a branch that is HEAD', [source('https://example.org/repo', ', branch: HEAD')]],
  [
    'a branch with the folder of its reference',
    [source('https://example.org/repo', ', branch: refs/heads/main')],
  ],
  ['a repository without a path', [source('https://example.org/')]],
  ['a repository on a port that is none', [source('https://example.org:99999/repo')]],
  ['a mirror with a password', [changed('apps:', 'mirror: https://user:SECRET@mirror.example.org\napps:')]],
  ['a mirror that is no address', [changed('apps:', 'mirror: mirror.example.org\napps:')]],
  [
    'a mirror of a repository',
    [changed('apps:', 'mirror: { docker.io/library: https://mirror.example.org }\napps:')],
  ],
  [
    'a mirror of one registry with a password',
    [changed('apps:', 'mirror: { docker.io: https://user:SECRET@mirror.example.org }\napps:')],
  ],
  ['an S3 with a password', [backups('endpoint: https://user:SECRET@s3.example.org')]],
  [
    'one host outside twice',
    [
      app(
        'shop',
        "uses: [{ kind: 'internet', hosts: ['a.example.org', 'b.example.org'] }, { kind: 'internet', hosts: ['a.example.org:443'] }],",
      ),
    ],
  ],
  // Schedules (robfig/cron)
  ['a backup at hour 25', [backups("schedule: '0 0 25 * * *'")]],
  ['a backup on a day that is no day', [backups("schedule: '0 0 2 * * someday'")]],
  ['a backup from 10 to 5', [backups("schedule: '0 10-5 * * * *'")]],
  // Postgres
  ['a database with roles that begin with pg_', [app('pg-stat', database)]],
  ['a database with roles that begin with pg_, by a short name', [app('pg', database)]],
  ['a database that every server has', [app('postgres', database)]],
  ['a database that is a template', [app('template1', database)]],
  // Names that are derived
  ['an app named as a namespace of an operator', [app('gateway')]],
  ["an app named as the namespace of people's certificates", [app('people')]],
  ['an app named as the authority above all others', [app('environment', server)]],
  ['an app named as the policy that denies', [app('default-deny')]],
  ['an app named as a property of every object', [app('constructor')]],
  [
    'an app whose database is named as an operator',
    [
      app('shop', database),
      [
        'operators/shop-db/operator.ts',
        "export default { name: 'shop-db', summary: 'x', namespace: 'other' };\n",
      ],
    ],
  ],
  [
    'two folders with one name of a cluster',
    [
      cluster('apps: {}'),
      [
        'clusters/test-dev/cluster.yaml',
        platformCluster('')
          .replace('dev.localhost', 'other.localhost')
          .replace('kind: kind', 'kind: kind, ports: { http: 1, https: 2, registry: 3 }'),
      ],
    ],
  ],
  // An environment is checked as a description is
  [
    "a database's variable in cluster.yaml",
    [
      app(
        'shop',
        `${database} uses: [{ kind: 'database', of: 'shop', as: 'read-write' }], identity: { reload: 'files' },`,
      ),
      cluster('apps: { shop: { env: { PGHOST: x } } }'),
    ],
  ],
  [
    "a server's variable in cluster.yaml",
    [app('shop', server), cluster('apps: { shop: { env: { CALLERS: everyone } } }')],
  ],
  [
    "a client's variable in cluster.yaml",
    [
      app('a-b', server),
      app('shop', "uses: [{ kind: 'app', app: 'a-b', port: 'grpc' }], identity: { reload: 'files' },"),
      cluster('apps: { a-b: , shop: { env: { A_B_ADDRESS: x } } }'),
    ],
  ],
  [
    'a variable in cluster.yaml that no process starts with',
    [app('shop'), cluster(`apps: { shop: { env: { WORDS: ${'a'.repeat(131_072)} } } }`)],
  ],
  [
    "a variable of an edge to traces in the app's own file",
    [
      app(
        'shop',
        "env: { TRACES_URL: 'http://x' }, uses: [{ kind: 'traces', reason: 'It shows them.' }], identity: { reload: 'files' },",
      ),
    ],
  ],
  [
    'log lines from a store whose roots are never read again',
    [app('shop', "uses: [{ kind: 'logs', reason: 'It shows them.' }],")],
  ],
  // Dockerfiles
  ['a base image that is not locked', built('FROM docker.io/library/golang:1.26\n')],
  ['a base image by a variable without default', built(`ARG V\nFROM golang:\${V}\n`)],
  ['a base image by a variable that nothing declares', built('FROM --platform=$BUILDPLATFORM golang:$V\n')],
  [
    'a base image by a variable with a default',
    built(`ARG V="1.26" W=\${V}-alpine\nFROM golang:\${W} AS build\n`),
  ],
  ['a base image with capitals', built('FROM Golang:1.26\n')],
  [
    'an image that is copied from',
    built('FROM scratch AS a\nCOPY --from=a /x /x\nCOPY --chown=1:1 --from=busybox:1.37 /bin/sh /sh\n'),
  ],
  [
    'an image that is mounted',
    built('FROM scratch\nRUN --mount=type=bind,from=busybox:1.37,target=/b true\n'),
  ],
  [
    'a base image over several lines',
    built(
      '# FROM golang:1\nFROM \\\n  # which one\n\n  --platform=linux/amd64 \\\n  golang:1.26 \\\n  AS build\n',
    ),
  ],
  ['a build argument that no stage has', withArguments("VERSIN: '2'")],
  ['a build argument that chooses the image', withArguments("BASE: 'docker.io/library/debian'")],
  ['a build argument that is a key', withArguments(`VERSION: '${['ghp', 'A'.repeat(36)].join('_')}'`)],
  [
    'build arguments under another name',
    built('FROM scratch\n').map(
      ([file, text = '']): Edit => [file, String(text).replace("build: '.'", "build: '.', args: { A: 'b' }")],
    ),
  ],
  ['a copy of nothing', fromContext('FROM scratch\nCOPY packages/mony /x/\n')],
  ['a copy of the whole repository', fromContext('FROM scratch\nCOPY . /x\n')],
  ['a copy by a variable', fromContext('FROM scratch\nARG P=packages\nCOPY ["$P", "/x/"]\n')],
  [
    'a context that is no folder above',
    fromContext('FROM scratch\nCOPY a /a\n', "context: '../../packages'"),
  ],
  [
    'a context beside a bundle',
    [
      ...fromContext('FROM scratch\nCOPY packages /x\n', "context: '../..', bundle: 'main.ts'"),
      ['apps/shop/main.ts', ''],
      ['package-lock.json', '{ "lockfileVersion": 3, "packages": { "apps/shop": {} } }'],
    ],
  ],
  [
    'a secret of the build that app.ts does not name',
    fromContext('FROM scratch\nRUN --mount=type=secret,id=NPM_TOKEN x\n', 'secrets: []'),
  ],
  [
    'a secret of the build that no step reads',
    fromContext('FROM scratch\nRUN --mount=type=cache,target=/c x\n', "secrets: ['NPM_TOKEN']"),
  ],
  ['a stage that comes later', built('FROM scratch\nCOPY --from=later /x /x\nFROM scratch AS later\n')],
  ['no base image', built('# FROM scratch\nCOPY . .\n')],
];

it.each(cases)('%s', async (name, edits) => {
  const { environments, diagnostics } = await withPlatform(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/consumer-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it('a base image with a similar name in the lock file gets that name as a suggestion', async () => {
  const locked = loadLock().images.node?.ref ?? '';
  const { diagnostics } = await withPlatform(built(`FROM ${locked}x\n`), (root) => loadGraph(root));
  expect(diagnostics).toEqual([
    expect.objectContaining({ code: 'not-locked', line: 1, column: 6, fix: `did you mean '${locked}'?` }),
  ]);
});
