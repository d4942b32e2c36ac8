import { expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';

const dev = 'clusters/dev/cluster.yaml';
const shopApp = 'apps/shop/app.ts';
const catalogApp = 'apps/catalog/app.ts';

/** One more line in the description of the catalog, which is a server on one port. */
const more = (text: string): Edit => [catalogApp, '  resources:', `  ${text}\n  resources:`];
/** The catalog without its port and its probe. */
const worker: Edit[] = [
  [catalogApp, '  ports: { api: { port: 9000 } },\n', ''],
  [catalogApp, "  probes: { ready: { path: '/', port: 'api' } },\n", ''],
  [shopApp, "  uses: [{ kind: 'app', app: 'catalog', port: 'api' }],\n", ''],
];
/** Ports of the catalog. */
const open = (ports: string): Edit => [catalogApp, 'ports: { api: { port: 9000 } }', `ports: ${ports}`];
/** A label on the one node of dev. */
const disk = (value: string): Edit => [
  dev,
  'role: control-plane',
  `role: control-plane\n    labels: { disk: ${value} }`,
];
const workers: Edit = [
  dev,
  'role: control-plane',
  `role: control-plane
  - { name: a, role: worker, labels: { disk: ssd, rack: a } }
  - { name: b, role: worker, labels: { rack: b } }
  - { name: c, role: worker, labels: { card: a100 }, taints: { card: a100 }, gpus: { nvidia.com/gpu: 2 } }`,
];
const own = "resources: { cpu: '10m', memory: '16Mi' }";

/** Each edit breaks one rule of what an app says of its pods. */
const cases: [name: string, edits: Edit[]][] = [
  // Processes
  ['a command without a program', [more("command: ['', '--help'],")]],
  ['a command as one text', [more("command: 'serve --port 80',")]],
  ['a user below 0', [more('user: -1,')]],
  ['a capability that Pod Security refuses', [more("capabilities: ['NET_ADMIN'],")]],
  ['an argument that Linux does not take', [more("args: ['x'.repeat(131072)],")]],
  // Probes
  ['a server without readiness', [[catalogApp, "  probes: { ready: { path: '/', port: 'api' } },\n", '']]],
  ['a TCP probe of an unknown port', [[catalogApp, "path: '/', port: 'api'", "tcp: 'apu'"]]],
  ['a gRPC probe of an unknown port', [[catalogApp, "path: '/', port: 'api'", "grpc: 'grpc'"]]],
  ['a probe with a key of Kubernetes', [[catalogApp, "port: 'api' }", "port: 'api', timeoutSeconds: 3 }"]]],
  ['a probe of nothing', [[catalogApp, "path: '/', port: 'api'", 'period: 3']]],
  ['snapshots of volumes on this machine', [[dev, 'apps:', 'snapshots: {}\napps:']]],
  // Scale
  ['replicas by requests', [more('replicas: { min: 1, max: 3, requests: 100 },')]],
  // Public ports, and ports for UDP
  ['a public port that the gateway has on the nodes', [open('{ api: { port: 9000, public: 80 } }')]],
  ['a public port of this machine that the gateway has', [open('{ api: { port: 9000, public: 8443 } }')]],
  [
    'two public ports with one port of the nodes',
    [open('{ api: { port: 9000, public: 1883 }, more: { port: 9001, public: 4651 } }')],
  ],
  [
    'a public port of another app',
    [open('{ api: { port: 9000, public: 1883 } }'), [shopApp, 'port: 8080', 'port: 8080, public: 1883']],
  ],
  ['a public port with mutual TLS', [open("{ api: { port: 9000, tls: 'mutual', public: 1883 } }")]],
  ['a UDP port with mutual TLS', [open("{ api: { port: 9000, tls: 'mutual', protocol: 'udp' } }")]],
  ['a UDP port that a probe asks', [open("{ api: { port: 9000, protocol: 'udp' } }")]],
  [
    'a UDP port behind the gateway',
    [
      open("{ api: { port: 9000 }, dns: { port: 53, protocol: 'udp' } }"),
      more("exposes: { port: 'dns', paths: { '/x': 'dns' } },"),
    ],
  ],
  ['a number for a port that is not public', [[dev, '  catalog:', '  catalog: { public: { api: 1883 } }']]],
  ['a public port of 70000', [open('{ api: { port: 9000, public: 70000 } }')]],
  ['TCP under exposes', [more('exposes: { tcp: { api: 1883 } },')]],
  // Roll-outs
  [
    'a gradual roll-out beside a volume that one pod owns',
    [more("rollout: { watch: '2m' }, volumes: { data: { path: '/data', size: '1Gi' } },")],
  ],
  [
    'a gradual roll-out of what runs by the clock',
    [...worker, more("rollout: { watch: '2m' }, schedule: { cron: '0 3 * * *' },")],
  ],
  ['a gradual roll-out that takes days', [more("rollout: { watch: '2d' },")]],
  ['errors without a limit', [more("rollout: { watch: '2m', errors: { optional: true } },")]],
  [
    'errors where nothing counts them',
    [more("rollout: { watch: '2m', errors: { most: 5 } },"), [dev, 'apps:', 'observability: off\napps:']],
  ],
  ['errors of a short time', [more("rollout: { watch: '1m', errors: { most: 5, optional: true } },")]],
  [
    'errors of an app without ports',
    [...worker, more("rollout: { watch: '2m', errors: { most: 5, optional: true } },")],
  ],
  [
    'errors of pods with volumes of their own',
    [
      more("rollout: { watch: '2m', errors: { most: 5, optional: true } },"),
      more("volumes: { data: { path: '/data', size: '1Gi', per: 'replica' } },"),
    ],
  ],
  [
    'errors of pods whose telemetry does not name them',
    [
      more("rollout: { watch: '2m', errors: { most: 5, optional: true } },"),
      more("env: { OTEL_RESOURCE_ATTRIBUTES: 'team=a' },"),
    ],
  ],
  ['errors that are all requests', [more("rollout: { watch: '2m', errors: { most: 100 } },")]],
  // Files and space
  ['a file that is not there', [more("files: { '/etc/catalog.yaml': 'files/catalog.yaml' },")]],
  [
    'a file that Git ignores',
    [
      more("files: { '/etc/catalog.yaml': 'catalog.yaml' },"),
      ['apps/catalog/catalog.yaml', 'a: 1\n'],
      ['apps/catalog/.gitignore', 'catalog.yaml\n'],
    ],
  ],
  ['a file outside of the folder', [more("files: { '/etc/catalog.yaml': '../shop/app.ts' },")]],
  [
    'a file at a path that is none',
    [more("files: { 'etc/catalog.yaml': 'catalog.yaml' },"), ['apps/catalog/catalog.yaml', 'a: 1\n']],
  ],
  [
    'a file where certificates are',
    [more("files: { '/identity/server/tls.crt': 'catalog.yaml' },"), ['apps/catalog/catalog.yaml', 'a: 1\n']],
  ],
  [
    'a file below a file',
    [
      more("files: { '/etc/app': 'a.yaml', '/etc/app/b.yaml': 'a.yaml' },"),
      ['apps/catalog/a.yaml', 'a: 1\n'],
    ],
  ],
  [
    'a volume and temporary space below a file',
    [
      more(
        "files: { '/etc/app': 'a.yaml' }, volumes: { v: { path: '/etc/app/v', size: '1Gi' } }, temporary: { '/etc/app/t': '1Mi' },",
      ),
      ['apps/catalog/a.yaml', 'a: 1\n'],
    ],
  ],
  ['a file in place of tmp', [more("files: { '/tmp': 'a.yaml' },"), ['apps/catalog/a.yaml', 'a: 1\n']]],
  [
    'files that no ConfigMap has room for',
    [
      more("files: { '/etc/catalog.yaml': 'catalog.yaml' },"),
      ['apps/catalog/catalog.yaml', 'x'.repeat(1024 * 1024 + 1)],
    ],
  ],
  [
    'temporary space and a volume at one path',
    [more("temporary: { '/data': '1Gi' }, volumes: { data: { path: '/data', size: '1Gi' } },")],
  ],
  ['more space in memory than memory', [more("temporary: { '/cache': { size: '1Gi', memory: true } },")]],
  // Containers beside the app
  ['a step named as the app', [more(`init: [{ name: 'catalog', ${own} }],`)]],
  ['a sidecar named as a step', [more(`init: [{ name: 'a', ${own} }], sidecars: [{ name: 'a', ${own} }],`)]],
  [
    'a sidecar on a port of the app',
    [more(`sidecars: [{ name: 'a', ports: { http: { port: 9000 } }, ${own} }],`)],
  ],
  [
    'a sidecar whose probe asks the app',
    [more(`sidecars: [{ name: 'a', probes: { ready: { tcp: 'api' } }, ${own} }],`)],
  ],
  // By the clock
  ['a schedule beside a port', [more("schedule: { cron: '30 2 * * *' },")]],
  ['a schedule of six fields', [...worker, more("schedule: { cron: '0 30 2 * * *' },")]],
  ['a schedule at hour 25', [...worker, more("schedule: { cron: '30 25 * * *' },")]],
  ['a time zone that is none', [...worker, more("schedule: { cron: '30 2 * * *', timeZone: 'Berlin' },")]],
  ['a schedule with replicas', [...worker, more("schedule: { cron: '30 2 * * *' }, replicas: 2,")]],
  [
    'a schedule that may be late by less than Kubernetes looks',
    [...worker, more("schedule: { cron: '30 2 * * *', late: '5s' },")],
  ],
  ['a job without a command', [more(`job: { ${own} },`)]],
  [
    'an app named as the job of another',
    [
      more(`job: { command: ['a'], ${own} },`),
      [
        'apps/catalog-job/app.ts',
        `export default { name: 'catalog-job', summary: 'x', image: { ref: 'a.io/b:1' }, ${own} };\n`,
      ],
    ],
  ],
  [
    'variables that follow from the database, in a job and in a step',
    [
      more(`database: { storage: '1Gi' }, identity: { reload: 'files' },
  uses: [{ kind: 'database', of: 'catalog', as: 'read-write' }],
  job: { command: ['a'], env: { PGHOST: 'x' }, ${own} },
  init: [{ name: 'a', env: { PGUSER: 'x' }, ${own} }],
  sidecars: [{ name: 'b', image: { ref: 'a.io/b:1' }, env: { PGUSER: 'x' }, ${own} }],`),
    ],
  ],
  ['a schedule on a day that no month has', [...worker, more("schedule: { cron: '0 0 31 feb,4,6-6 *' },")]],
  // Reservations
  ['less memory than a container starts with', [[catalogApp, "memory: '64Mi'", "memory: '1Ki'"]]],
  // Nodes
  ['a label that no node has', [disk('sdd'), more("nodes: { labels: { disk: 'ssd' } },")]],
  ['a label whose key no node has', [more("nodes: { labels: { disk: 'ssd' } },")]],
  ['a label of Kubernetes', [more("nodes: { labels: { 'kubernetes.io/os': 'linux' } },")]],
  ['labels of two nodes', [workers, more("nodes: { labels: { disk: 'ssd', rack: 'b' } },")]],
  ['a taint that no node has', [more("nodes: { tolerate: ['dedicated'] },")]],
  ['a taint that an app does not tolerate', [workers, more("nodes: { labels: { card: 'a100' } },")]],
  [
    'more GPUs than a node has',
    [workers, more("nodes: { tolerate: ['card'], gpus: { 'nvidia.com/gpu': 4 } },")],
  ],
  ['a spread over a label that a node lacks', [workers, more("nodes: { spread: { over: 'rack' } },")]],
  [
    'a label that an environment chooses and no node has',
    [[dev, '  catalog:', '  catalog: { nodes: { labels: { disk: ssd } } }']],
  ],
  ['a taint on every node', [[dev, 'role: control-plane', 'role: control-plane\n    taints: { card: a }']]],
  // Volumes and replicas
  ['one volume for two pods', [more("replicas: 2, volumes: { data: { path: '/data', size: '1Gi' } },")]],
  [
    'one volume for two pods in one environment',
    [
      more("volumes: { data: { path: '/data', size: '1Gi' } },"),
      [dev, '  catalog:', '  catalog: { replicas: 2 }'],
    ],
  ],
  [
    'volumes of both kinds',
    [more("volumes: { a: { path: '/a', size: '1Gi' }, b: { path: '/b', size: '1Gi', per: 'replica' } },")],
  ],
  [
    'volumes that come and go with the load',
    [more("replicas: { min: 1, max: 3 }, volumes: { a: { path: '/a', size: '1Gi', per: 'replica' } },")],
  ],
  [
    'a volume whose name has no room',
    [more("volumes: { 'a-name-that-is-too-long': { path: '/a', size: '1Gi' } },")],
  ],
  ['more pods at least than at most', [more('replicas: { min: 3, max: 3 },')]],
  [
    'a retired volume that is in use',
    [
      more("volumes: { data: { path: '/data', size: '1Gi' } },"),
      [dev, 'apps:', "retired: [{ volume: data, app: catalog, reason: 'Nobody needs it.' }]\napps:"],
    ],
  ],
  [
    'a volume retired twice',
    [
      [
        dev,
        'apps:',
        "retired:\n  - { volume: data, app: gone, reason: 'Nobody needs it.' }\n  - { volume: data, app: gone, reason: 'Nobody needs it.' }\napps:",
      ],
    ],
  ],
];

it.each(cases)('%s is refused where it is written', async (name, edits) => {
  const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
  expect(environments).toEqual([]);
  expect(diagnostics.length).toBeGreaterThan(0);
  const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
  await expect(text).toMatchFileSnapshot(
    `golden/workload-refusals/${name.replaceAll(/[^a-zA-Z0-9.]+/g, '-')}.txt`,
  );
});

it.each<[string, Edit[]]>([
  ['a worker without ports and probes', worker],
  [
    'a node of its own',
    [workers, [dev, '  catalog:', '  catalog: { nodes: { tolerate: [card], gpus: { nvidia.com/gpu: 2 } } }']],
  ],
  ['a server on a port below 1024', [[catalogApp, 'port: 9000', 'port: 80']]],
  [
    'TCP and UDP on one number, which one environment changes',
    [
      open("{ api: { port: 9000, public: 53 }, dns: { port: 53, protocol: 'udp', public: 53 } }"),
      [dev, '  catalog:', '  catalog: { public: { api: 5353 } }'],
    ],
  ],
  [
    'a schedule in a time zone',
    [...worker, more("schedule: { cron: '*/5 8-18 * * mon-fri', timeZone: 'Europe/Berlin' },")],
  ],
  [
    'a volume for each of three pods',
    [more("replicas: 3, volumes: { data: { path: '/data', size: '1Gi', per: 'replica' } },")],
  ],
  [
    'a volume that is retired',
    [[dev, 'apps:', "retired: [{ volume: data, app: gone, reason: 'Nobody needs it.' }]\napps:"]],
  ],
])('%s is accepted', async (_, edits) => {
  expect((await withEdits(edits, (root) => loadGraph(root))).diagnostics).toEqual([]);
});
