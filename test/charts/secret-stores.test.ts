import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { DiagnosticsFailure } from '../../scripts/render/diagnostics-failure.ts';
import { renderAll } from '../../scripts/render/render.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../model/fixture.ts';

const shop = appFile(
  'shop',
  `uses: [
    { kind: 'secret', name: 'stripe', keys: ['STRIPE_KEY', 'WEBHOOK_KEY'] },
    { kind: 'secret', name: 'seal', keys: ['tls.key'], as: 'files' },
    { kind: 'secret', name: 'registry', keys: ['.dockerconfigjson'], as: 'pull' },
  ],`,
);
const store = appFile(
  'store',
  `database: { storage: '1Gi', migrations: { build: './migrations' } },
  identity: { reload: 'files' },
  uses: [{ kind: 'database', of: 'store', as: 'read-write' }],`,
);

const [root = ''] = rootCertificates;
const openBao = `secrets:
  external:
    kind: openbao
    server: https://bao.example.org:8200
    networks: [192.0.2.8/32]
    role: apps
    prefix: team
    refresh: 15m
    authority: |
${root.trim().replaceAll(/^/gm, '      ')}
`;
const aws = 'secrets: { external: { kind: aws, region: eu-central-1 } }\n';
const machines = `provider: { kind: machines, buckets: { region: eu-west-1, account: '111122223333' } }`;
const nodes = `registry: { overlay: tls }\nnodes: [{ name: one, role: control-plane, address: 192.0.2.1, cpu: "8", memory: 16Gi }]\n`;

async function rendered(cluster: string, more: Edit[] = []): Promise<ReadonlyMap<string, string>> {
  const edits: Edit[] = [
    ['apps/shop/app.ts', shop],
    ['apps/free/app.ts', appFile('free')],
    ['clusters/dev/cluster.yaml', cluster],
    ...more,
  ];
  return withPlatform(edits, async (folder) => {
    try {
      return (await renderAll(folder)).files;
    } catch (error) {
      throw error instanceof DiagnosticsFailure ? new Error(error.message) : error;
    }
  });
}

/** The rendered objects of a store: those in the app's folder that are not there with values in Git, and the operator. */
function storeObjects(files: ReadonlyMap<string, string>, app = 'shop'): string {
  const own = new RegExp(
    `^manifests/dev/(external-secrets/|${app}[a-z-]*/(externalsecret|secretstore|role|serviceaccount-${app}-secrets))`,
  );
  return [...files]
    .filter(([path]) => own.test(path))
    .map(([path, content]) => `# ${path}\n${content.replace(/caBundle: .*/, 'caBundle: PEM')}`)
    .join('---\n');
}

const openBaoFiles = await rendered(platformCluster(`${openBao}apps: { shop: , free: }`));
const awsFiles = await rendered(
  platformCluster(`${nodes}${aws}apps: { shop: , free: }`).replace('provider: { kind: kind }', machines),
);

describe('secrets from an external store', () => {
  it('in OpenBao become a store, and one ExternalSecret for each edge', async () => {
    await expect(storeObjects(openBaoFiles)).toMatchFileSnapshot('golden/secrets-in-openbao.yaml');
  });

  it('in OpenBao are read only from a server with a certificate of the given CA', () => {
    const object: unknown = parse(openBaoFiles.get('manifests/dev/shop/secretstore-external.yaml') ?? '');
    const bundle = textField(object, 'spec', 'provider', 'vault', 'caBundle') ?? '';
    expect(Buffer.from(bundle, 'base64').toString().trim()).toBe(root.trim());
  });

  it('in AWS Secrets Manager become the same, read by a role of the app', async () => {
    await expect(storeObjects(awsFiles)).toMatchFileSnapshot('golden/secrets-in-aws.yaml');
  });

  it('make no store for an app without secrets, and nothing where values are in Git', async () => {
    const free = [...openBaoFiles.keys()].filter((path) => path.startsWith('manifests/dev/free/'));
    expect(free.filter((path) => /secret|role/.test(path))).toEqual([]);
    const plain = await rendered(platformCluster('apps: { free: }'));
    expect([...plain.keys()].filter((path) => /external-?secret/.test(path))).toEqual([]);
    const unused = await rendered(platformCluster(`${openBao}apps: { free: }`));
    expect([...unused.keys()].filter((path) => /external-?secret/.test(path))).toEqual([]);
  });

  it('are applied after their definitions, without decryption, and are ready before the app is', () => {
    const sync: unknown = parse(openBaoFiles.get('manifests/dev/flux-sync/kustomization-shop.yaml') ?? '');
    const after = listField(sync, 'spec', 'dependsOn').map((each) => field(each, 'name'));
    expect(after).toContain('crds');
    // It would wait for the rights that are in the app's own component.
    expect(after).not.toContain('external-secrets');
    expect(field(sync, 'spec', 'decryption')).toBeUndefined();
    const checked = listField(sync, 'spec', 'healthCheckExprs').map((each) => field(each, 'kind'));
    expect(checked).toEqual(expect.arrayContaining(['ExternalSecret', 'SecretStore']));
    expect([...openBaoFiles.keys()]).toContain('manifests/dev/crds/kustomization-external-secrets-crds.yaml');
  });

  it('bring the store with the migrations, if these log in to an external database', async () => {
    const database =
      'external: { databases: { store: { host: db.example.org, networks: [192.0.2.0/28] } } }\n';
    const files = await rendered(platformCluster(`${openBao}${database}apps: { store: }`), [
      ['apps/store/app.ts', store],
      ['apps/store/migrations/Dockerfile', 'FROM scratch\n'],
    ]);
    const found = [...files.keys()]
      .filter((path) => /^manifests\/dev\/store/.test(path) && /externalsecret-|secretstore-/.test(path))
      .map((path) => path.replace('manifests/dev/', ''));
    expect(found.sort()).toEqual([
      'store-migrations/externalsecret-database-owner-secret.yaml',
      'store-migrations/secretstore-external.yaml',
      'store/externalsecret-database-rw-secret.yaml',
    ]);
  });
});
