import { expect, it } from 'vitest';
import { verify } from '../../scripts/verify/verify.ts';
import { appFile, platformCluster, withPlatform } from '../model/fixture.ts';

const app = appFile(
  'shop',
  `uses: [
    { kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY'] },
    { kind: 'secret', name: 'registry', keys: ['.dockerconfigjson'], as: 'pull' },
  ],`,
);
const onMachines = `registry: { overlay: tls }
nodes: [{ name: one, role: control-plane, address: 192.0.2.1, cpu: "8", memory: 16Gi }]
`;
const stores: [name: string, cluster: string][] = [
  [
    'OpenBao',
    platformCluster(
      'secrets: { external: { kind: openbao, server: "https://bao.example.org", networks: [192.0.2.8/32], role: apps } }\napps: { shop: }',
    ),
  ],
  [
    'AWS Secrets Manager',
    platformCluster(
      `${onMachines}secrets: { external: { kind: aws, region: eu-central-1 } }\napps: { shop: }`,
    ).replace(
      '{ kind: kind }',
      "{ kind: machines, buckets: { region: eu-central-1, account: '111122223333' } }",
    ),
  ],
];

it.each(stores)(
  'upstream defines all kinds and fields of an environment with secrets in %s',
  async (_, cluster) => {
    await withPlatform(
      [
        ['apps/shop/app.ts', app],
        ['clusters/dev/cluster.yaml', cluster],
      ],
      async (root) => {
        const { diagnostics } = await verify(root, { offline: true, report: () => {} });
        expect(diagnostics).toEqual([]);
      },
    );
  },
);
