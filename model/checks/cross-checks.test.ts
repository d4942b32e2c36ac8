import { describe, expect, it } from 'vitest';
import { type Edit, withEdits } from '../../test/model/fixture.ts';
import { formatDiagnostic } from '../diagnostics/format-diagnostic.ts';
import { loadGraph } from '../load-graph.ts';
import { readYaml } from '../reading/read-yaml.ts';
import { clusterSchema } from '../schema/cluster.ts';
import { checkUpgrade } from './version.ts';

const dev = 'clusters/dev/cluster.yaml';
const prod = 'clusters/prod/cluster.yaml';
const shopApp = 'apps/shop/app.ts';
const catalogApp = 'apps/catalog/app.ts';

const volume = (more: string): Edit => [
  'apps/catalog/app.ts',
  '  resources:',
  `  volumes: { data: { path: '/data', size: '1Gi', per: 'replica'${more} } },\n  resources:`,
];

/** Everything that production asks for, as edits of the small repository. */
const production: Edit[] = [
  [prod, 'domain: example.org', 'production: true\ndomain: example.org'],
  [
    prod,
    '  - { name: worker-1, role: worker, instanceType: t3.large }',
    [
      '  - { name: control-2, role: control-plane, instanceType: t3.large }',
      '  - { name: control-3, role: control-plane, instanceType: t3.large }',
      '  - { name: worker-1, role: worker, instanceType: t3.large }',
      '  - { name: worker-2, role: worker, instanceType: t3.large }',
    ].join('\n'),
  ],
  [prod, 'catalog:', 'catalog: { replicas: 2 }'],
];

const database: Edit = [
  shopApp,
  'uses: [',
  "database: { storage: '1Gi' },\n  identity: { reload: 'files' },\n  uses: [",
];

const backups = "backups: { destination: 's3://shop/backups', credentials: { secret: s3 } }";

const secondKind: Edit[] = [
  [
    'clusters/lab/cluster.yaml',
    `name: shop-lab
domain: lab.localhost
kubernetes: { version: v1.36.4 }
provider: { kind: kind }
nodes: [{ name: control-plane, role: control-plane }]
registry: { overlay: http }
source: { kind: in-cluster }
apps: {}
`,
  ],
];

const cases: [name: string, edits: Edit[]][] = [
  ['a port of this machine for two services', [[dev, 'kind: kind', 'kind: kind\n  ports: { http: 5002 }']]],
  ['two clusters on the same ports of this machine', secondKind],
  ['one domain for two environments', [[dev, 'domain: dev.localhost', 'domain: example.org']]],
  [
    'one address for two machines',
    [
      [dev, 'kind: kind', 'kind: machines'],
      [dev, 'overlay: http', 'overlay: tls'],
      [
        dev,
        '  - name: control-plane\n    role: control-plane',
        '  - { name: a, role: control-plane, address: 192.0.2.1 }\n  - { name: b, role: worker, address: 192.0.2.1 }',
      ],
    ],
  ],
  [
    'one folder of a bucket for two environments',
    [
      [dev, 'artifacts: mirror', `databases: { ${backups} }`],
      [prod, 'registry:', `databases: { ${backups} }\nregistry:`],
    ],
  ],
  [
    'a port of an app twice',
    [[catalogApp, 'api: { port: 9000 }', 'api: { port: 9000 }, metrics: { port: 9000 }']],
  ],
  ['a use twice', [[shopApp, 'uses: [', "uses: [{ kind: 'app', app: 'catalog', port: 'api' }, "]]],
  ['metrics for which there is no disk', [[prod, 'registry:', 'retention: { metrics: 90d }\nregistry:']]],
  [
    'a disk that is too small for logs',
    [[prod, 'registry:', 'storage: { logs: 1Gi }\nretention: { logs: 14d }\nregistry:']],
  ],
  ['production with one control plane and one worker', [...production.slice(0, 1), ...production.slice(2)]],
  [
    'production with one replica of what is reached from outside',
    [...production, [prod, '    replicas: 3\n', '']],
  ],
  ['production with one replica of what another app uses', [...production.slice(0, 2)]],
  [
    'production with one replica, said so in the environment',
    [...production.slice(0, 2), [prod, 'catalog:', 'catalog: { replicas: 1 }']],
  ],
  [
    'backups by a role to a bucket that the stacks do not make',
    [
      [
        prod,
        'registry:',
        "databases: { backups: { destination: 's3://shop/backups', credentials: machine } }\nregistry:",
      ],
    ],
  ],
  ['production with a volume that nothing saves', [...production, volume('')]],
  [
    'production with a volume that nothing saves, for no reason',
    [...production, volume(", backup: { none: 'no' }")],
  ],
  ['production without backups', [...production, database]],
  [
    'production with two instances of a database',
    [...production, database, [prod, 'registry:', `databases: { instances: 2, ${backups} }\nregistry:`]],
  ],
  [
    'production whose registry speaks plain HTTP',
    [
      [dev, 'name: shop-dev', 'name: shop-dev\nproduction: true'],
      [dev, 'catalog:', 'catalog: { replicas: 2 }'],
    ],
  ],
];

describe('refuses', () => {
  it.each(cases)('%s', async (name, edits) => {
    const { environments, diagnostics } = await withEdits(edits, (root) => loadGraph(root));
    expect(environments).toEqual([]);
    expect(diagnostics).not.toEqual([]);
    const text = `${diagnostics.map((diagnostic) => formatDiagnostic(diagnostic)).join('\n')}\n`;
    await expect(text).toMatchFileSnapshot(
      `golden/cross-checks/${name.replaceAll(/[^a-zA-Z0-9]+/g, '-')}.txt`,
    );
  });
});

describe('accepts', () => {
  it.each<[string, Edit[]]>([
    ['production with two of each', production],
    [
      'one replica in production, with the reason',
      [...production.slice(0, 2), [prod, 'catalog:', 'catalog: { single: It is read from a cache. }']],
    ],
    [
      'a volume in production that may be lost, with the reason',
      [...production, volume(", backup: { none: 'It is filled again.' }")],
    ],
    [
      'an app that is switched off',
      [...production.slice(0, 2), [prod, 'catalog:', 'catalog: { replicas: 0 }']],
    ],
    [
      'databases of three instances with backups',
      [...production, database, [prod, 'registry:', `databases: { instances: 3, ${backups} }\nregistry:`]],
    ],
    [
      'a long retention on a large disk',
      [[prod, 'registry:', 'retention: { metrics: 90d }\nstorage: { metrics: 50Gi }\nregistry:']],
    ],
    [
      'a second kind cluster on other ports',
      [
        ...secondKind,
        [
          secondKind[0]?.[0] ?? '',
          '{ kind: kind }',
          '{ kind: kind, ports: { http: 8081, https: 8444, registry: 5003 } }',
        ],
      ],
    ],
  ])('%s', async (_, edits) => {
    expect((await withEdits(edits, (root) => loadGraph(root))).diagnostics).toEqual([]);
  });
});

describe('an upgrade from the running version', () => {
  const source = readYaml('kubernetes: { version: v1.36.4 }', dev).source;
  const cluster = clusterSchema.partial().parse({ kubernetes: { version: 'v1.36.4' } });

  it.each([
    ['v1.36.4', []],
    ['v1.36.0', []],
    ['v1.35.9', []],
    ['v1.34.1', ['version-skips-minor']],
    ['v0.36.3', ['version-skips-minor']],
    ['v1.36.5', ['version-goes-back']],
    ['v1.37.0', ['version-goes-back']],
  ])('%s to v1.36.4: %j', (running, codes) => {
    if (source === undefined || cluster.kubernetes === undefined) throw new Error('not read');
    const diagnostics = checkUpgrade({ source, value: { kubernetes: cluster.kubernetes } }, running);
    expect(diagnostics.map(({ code }) => code)).toEqual(codes);
    for (const { column } of diagnostics) expect(column).toBe(24);
  });
});
