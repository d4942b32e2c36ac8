import { rootCertificates } from 'node:tls';
import { loadLock } from '../../images/lock/index.ts';
import { parseImageReference } from '../../model/schema/image-reference.ts';
import { appFile, type Edit, exampleCluster, exampleEdits, platformCluster } from './fixture.ts';

const app = (name: string, more = ''): Edit => [`apps/${name}/app.ts`, appFile(name, more)];
const cluster = (more: string): Edit => ['clusters/dev/cluster.yaml', platformCluster(more)];
const running = (...names: string[]) => cluster(`apps: { ${names.map((name) => `${name}: `).join(', ')} }`);

const server =
  "ports: { http: { port: 8080 }, grpc: { port: 8443, tls: 'mutual' } }, identity: { reload: 'files' },";
const query = (of: string) =>
  `database: { storage: '1Gi' }, identity: { reload: 'files' }, uses: [{ kind: 'database', of: '${of}', as: 'read-write' }],`;
/** The longest DNS name, and the longest with room for 'requests.' before it. */
const longestDomain = `${'a'.repeat(60)}.`.repeat(4).concat('z'.repeat(9));
const longestResource = longestDomain.slice(9);
const longest = `a${'-b'.repeat(19)}c`;
/** The version of an image of the lock file. */
const tagOf = (name: string) => parseImageReference(loadLock().images[name]?.ref ?? '')?.tag ?? '';
const built = (name: string, dockerfile: string): Edit[] => [
  [`apps/${name}/app.ts`, appFile(name, "image: { build: '.' },")],
  [`apps/${name}/Dockerfile`, dockerfile],
];
const git = (source: string): Edit => [
  'clusters/dev/cluster.yaml',
  platformCluster('').replace('{ kind: in-cluster }', () => source),
];

/** Looks like a root; nothing is called with it. */
/** A certificate that can be read; which one does not matter. */
const privateRoot = JSON.stringify(rootCertificates[0]);

/**
 * For tests: edits of `withPlatform` at the limits of Kubernetes, Postgres, Flux and registries, which are
 * taken. Each is rendered, and what comes of it is shown to a real API server.
 */
export const accepted: readonly (readonly [name: string, edits: readonly Edit[]])[] = [
  ['nothing but the platform', []],
  ['every example', [...exampleEdits(), ['clusters/dev/cluster.yaml', exampleCluster()]]],
  [
    'people who are signed in, at a plain and a mutual port, and an app that gets their tokens from another',
    [
      app(
        'shop',
        `ports: { http: { port: 8080 }, api: { port: 8443, tls: 'mutual' } },
  exposes: { port: 'http', signIn: true, hosts: ['www'], paths: { '/api': 'api' }, redirects: { '/old': '/new' } },
  uses: [{ kind: 'people' }, { kind: 'app', app: 'stock', port: 'grpc' }],
  job: { command: ['true'], resources: { cpu: '1m', memory: '6Mi' } },
  identity: { reload: 'files' },`,
      ),
      app('stock', server.replace(/$/, "\n  uses: [{ kind: 'people' }],")),
      cluster('signIn: { mail: { kind: mailpit } }\napps: { shop: , stock: }'),
    ],
  ],
  [
    'every kind of probe, of container, of space and of reason in one app',
    [
      app(
        'shop',
        `ports: { http: { port: 80 }, grpc: { port: 9000 } },
  probes: {
    startup: { tcp: 'http', failures: 60 },
    ready: { grpc: 'grpc', service: 'shop.v1.Shop' },
    live: { exec: ['true'], period: 1, timeout: 1 },
  },
  user: 0,
  readOnlyRoot: false,
  capabilities: ['CHOWN', 'NET_BIND_SERVICE'],
  command: ['serve', '$(NOTHING)'],
  args: ['', '--'],
  temporary: { '/cache': '1Mi', '/dev/shm': { size: '16Mi', memory: true } },
  replicas: { min: 1, max: 2, cpu: 1000 },
  priority: 1000,
  init: [{ name: 'a', user: 1000, resources: { cpu: '1m', memory: '6Mi' } }],
  sidecars: [
    {
      name: 'b',
      ports: { http: { port: 1 } },
      probes: { ready: { path: '/', port: 'http' } },
      resources: { cpu: '1m', memory: '6Mi' },
    },
  ],
  job: { command: ['check'], resources: { cpu: '1m', memory: '6Mi' }, retries: 0 },
  exceptions: [
    { rule: 'non-root', reason: 'It is the edge of what is taken.' },
    { rule: 'read-only-root', reason: 'It is the edge of what is taken.' },
    { rule: 'capabilities', reason: 'It is the edge of what is taken.' },
    { rule: 'low-port', reason: 'It is the edge of what is taken.' },
  ],`,
      ),
      running('shop'),
    ],
  ],
  [
    'a gateway with certificates of a private ACME server',
    [
      app('shop', "exposes: { port: 'http' },"),
      cluster(
        `gateway: { tls: { acme: { server: "https://ca.example.org:14000/dir", email: ada@example.org, roots: ${privateRoot} } } }\napps: { shop: }`,
      ),
    ],
  ],
  ['a database named as a keyword of SQL', [app('order', query('order')), running('order')]],
  ['a database named as all databases', [app('all', query('all')), running('all')]],
  ['a database named as replication', [app('replication', query('replication')), running('replication')]],
  ['a database of the longest name', [app(longest, query(longest)), running(longest)]],
  [
    'the longest names of an app and of a person',
    [
      app(longest, server),
      cluster(`people: { ${'p'.repeat(57)}: { uses: [${longest}] } }\napps: { ${longest}: }`),
    ],
  ],
  [
    'an app that calls apps named server and database',
    [
      app('server', server),
      app('database', server),
      app(
        'orders',
        `${server.replace(/identity.*/, '')} ${query('orders').replace(
          'uses: [',
          "uses: [{ kind: 'app', app: 'server', port: 'grpc' }, { kind: 'app', app: 'database', port: 'grpc' }, ",
        )}`,
      ),
      running('server', 'database', 'orders'),
    ],
  ],
  [
    'two people whose names and apps are the same when they are joined',
    [
      app('a-b', server),
      app('b', server),
      cluster('people: { x: { uses: [a-b] }, x-a: { uses: [b] } }\napps: { a-b: , b: }'),
    ],
  ],
  [
    'a port with a name of 15 letters, digits and dashes',
    [
      app(
        'shop',
        'ports: { http: { port: 8080 }, 8080-b-cccccc-1: { port: 65535 } },'.replace(
          '8080-b-cccccc-1',
          "'8080-b-cccccc-1'",
        ),
      ),
      running('shop'),
    ],
  ],
  [
    'variables with every character that YAML can carry',
    [
      app(
        'shop',
        String.raw`env: { WORDS: 'a\u0001\u0007\u001b[0m\t\r\n\u007f\u0085\u00a0\u2028\ufeff\ufffe\uffff\u{1f600}\u{10ffff}: #"', EMPTY: '', YES: 'yes', NUMBER: '1e3' },`,
      ),
      running('shop'),
    ],
  ],
  [
    'an image with a port, underscores, dashes and a digest',
    [
      app(
        'shop',
        `image: { ref: 'Registry.example.org:5000/my_org/a__b/c---d.e:V1.0_x@sha256:${'a'.repeat(64)}' },`,
      ),
      running('shop'),
    ],
  ],
  [
    'a domain of labels of 63 characters',
    [
      [
        'clusters/dev/cluster.yaml',
        platformCluster('apps: { shop: }').replace('dev.localhost', `${'a'.repeat(63)}.${'b'.repeat(63)}`),
      ],
      app('shop', "exposes: { port: 'http' },"),
    ],
  ],
  [
    'a probe once in 68 years',
    [
      app(
        'shop',
        "probes: { ready: { path: '/', port: 'http', period: 2147483647, failures: 2147483647 } },",
      ),
      running('shop'),
    ],
  ],
  [
    'authorities for 140 years',
    [
      app('shop', server),
      cluster(
        'identity: { authorities: intermediate, ca: { duration: 51100d, renewBefore: 730d } }\napps: { shop: }',
      ),
    ],
  ],
  [
    'schedules in time zones whose names are links',
    ['asia', 'kyiv', 'etc'].flatMap((name, i): Edit[] => [
      [
        `apps/${name}/app.ts`,
        appFile(
          name,
          `command: ['true'],\n  schedule: { cron: '0 2 * * *', timeZone: '${['Asia/Kolkata', 'Europe/Kyiv', 'Etc/GMT+3'][i]}' },`,
        ),
      ],
      running('asia', 'kyiv', 'etc'),
    ]),
  ],
  [
    'the longest keys of labels and of GPUs',
    [
      app(
        'shop',
        `nodes: { labels: { '${longestDomain}/${'x'.repeat(63)}': 'on' }, gpus: { '${longestResource}/gpu': 1 } },`,
      ),
      cluster(
        `nodes: [{ name: one, role: control-plane, cpu: "8", memory: 16Gi, labels: { ${longestDomain}/${'x'.repeat(63)}: "on" }, gpus: { ${longestResource}/gpu: 1 } }]\napps: { shop: }`,
      ),
    ],
  ],
  [
    'a network that is one address',
    [
      app('shop', "uses: [{ kind: 'internet', hosts: ['api.example.org'] }],"),
      cluster('egress: { privateNetworks: [10.20.1.5/32, 10.0.0.0/8] }\napps: { shop: }'),
    ],
  ],
  [
    'an object of its own with the longest name, and with every notation that both versions of YAML read alike',
    [
      app('shop', "extra: ['own.yaml'],"),
      [
        'apps/shop/own.yaml',
        `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: ${longestDomain}, namespace: shop }\ndata: { A: "yes", B: '0644', y: "1" }\n`,
      ],
      running('shop'),
    ],
  ],
  [
    'backups by a schedule with ranges, steps, names and a question mark',
    [
      app('shop', query('shop')),
      cluster(
        "databases: { backups: { destination: 's3://shop/x', credentials: { secret: s3 }, schedule: '*/10 0-30/5 1,2 ? JAN-dec mon-FRI' } }\napps: { shop: }",
      ),
    ],
  ],
  [
    'a repository by SSH',
    [git('{ kind: git, url: "ssh://git@git.example.org:2222/team/platform.git", secret: key }')],
  ],
  [
    'a receiver of the pushes of a forge, which shows statuses at an API on a port of its own',
    [
      git(
        '{ kind: git, url: "https://git.example.org/a/b/platform.git", branch: release/1, forge: { kind: gitlab, api: "https://git.example.org:8443/api/v4", receiver: { secret: forge, status: true } } }',
      ),
    ],
  ],
  [
    'a repository by HTTPS on a port',
    [git('{ kind: git, url: "https://git.example.org:8443/team/plat%20form.git" }')],
  ],
  [
    'a Dockerfile with stages, variables with defaults, texts and lines that go on',
    [
      ...built(
        'shop',
        [
          '# syntax=docker/dockerfile:1',
          '# FROM golang:1.26',
          `ARG SUITE=${tagOf('debian')} NAME="debian"`,
          `ARG IMAGE=docker.io/library/\${NAME}:\${SUITE}`,
          'FROM --platform=$BUILDPLATFORM \\',
          '  # where it is built',
          `  \${IMAGE} AS Build`,
          'RUN <<EOF cat > /x',
          'FROM nowhere:1',
          'EOF',
          `FROM \${OTHER:-node}:${tagOf('node')} as second`,
          'COPY --from=build /x /x',
          'COPY --from=0 /x /y',
          `COPY --from=debian:${tagOf('debian')} /etc/debian_version /`,
          'FROM scratch',
          'COPY --from=SECOND /x /x',
          '',
        ].join('\n'),
      ),
      running('shop'),
    ],
  ],
];
