import { rootCertificates } from 'node:tls';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { externalFiles } from '../../charts/app/external.ts';
import { field, listField, textField } from '../../charts/kube/field.ts';
import { toYaml } from '../../charts/kube/yaml.ts';
import { DiagnosticsFailure } from '../../scripts/render/diagnostics-failure.ts';
import { renderAll } from '../../scripts/render/render.ts';
import { newIdentity, recipientOf } from '../../scripts/secrets/age.ts';
import { encryptSecret } from '../../scripts/secrets/sops.ts';
import { appFile, type Edit, platformCluster, withPlatform } from '../model/fixture.ts';
import { environment, testApp } from './fixture.ts';

const app = appFile(
  'shop',
  `database: { storage: '1Gi', migrations: { build: './migrations' } },
  identity: { reload: 'files' },
  uses: [{ kind: 'database', of: 'shop', as: 'read-write' }, { kind: 'mail' }],`,
);

const [root = ''] = rootCertificates;
const authority = root.trim().replaceAll(/^/gm, '        ');

const external = `external:
  databases:
    shop:
      host: db.example.org
      database: store
      networks: [192.0.2.0/28]
      roles: { owner: store_admin }
      authority: |
${authority}
  mail: { host: smtp.example.org, port: 465, tls: implicit, networks: [198.51.100.7/32] }
`;

async function secret(name: string, keys: string[], recipient: string): Promise<Edit> {
  const values = new Map(keys.map((key) => [key, Buffer.from('not-one')]));
  const value = await encryptSecret({ name: `${name}-secret`, namespace: 'shop' }, values, [recipient]);
  return [`apps/shop/secrets/dev/${name}.yaml`, toYaml(value)];
}

let files: ReadonlyMap<string, string>;

beforeAll(async () => {
  const recipient = await recipientOf(await newIdentity());
  const edits: Edit[] = [
    ['apps/shop/app.ts', app],
    ['apps/shop/migrations/Dockerfile', 'FROM scratch\n'],
    [
      'clusters/dev/cluster.yaml',
      platformCluster(`${external}secrets: { recipients: { cluster: ${recipient} } }\napps: { shop: }`),
    ],
    await secret('database-owner', ['PGPASSWORD'], recipient),
    await secret('database-rw', ['PGPASSWORD'], recipient),
    await secret('mail', ['SMTP_PASSWORD', 'SMTP_USER'], recipient),
  ];
  files = await withPlatform(edits, async (root) => {
    try {
      return (await renderAll(root)).files;
    } catch (error) {
      // The message alone: the failure holds every diagnostic as an object.
      throw error instanceof DiagnosticsFailure ? new Error(error.message) : error;
    }
  });
});

const object = (path: string) => parse(files.get(`manifests/dev/${path}`) ?? '');

/** Variables of a container: the value, or the Secret that it comes from. */
function variables(workload: { spec: { template: { spec: { containers: object[] } } } }): object {
  const containers: unknown[] = workload.spec.template.spec.containers;
  return Object.fromEntries(
    listField(containers[0], 'env').map((entry) => [
      textField(entry, 'name'),
      field(entry, 'value') ?? `of ${textField(entry, 'valueFrom', 'secretKeyRef', 'name')}`,
    ]),
  );
}

const toDatabase = { to: [{ ipBlock: { cidr: '192.0.2.0/28' } }], ports: [{ protocol: 'TCP', port: 5432 }] };
const toMail = { to: [{ ipBlock: { cidr: '198.51.100.7/32' } }], ports: [{ protocol: 'TCP', port: 465 }] };

describe('an app with an external database and mail server', () => {
  it('has no database in the cluster, no certificate and no authority, and its Secrets once each', () => {
    const own = [...files.keys()].filter((path) => /^manifests\/dev\/shop/.test(path)).sort();
    expect(own.map((path) => path.replace('manifests/dev/', '').replace(/-[0-9a-f]{10}\./, '.'))).toEqual([
      'shop-migrations/configmap-shop-migrations-external.yaml',
      'shop-migrations/job-shop-migrations.yaml',
      'shop-migrations/namespace-shop.yaml',
      'shop-migrations/networkpolicy-default-deny.yaml',
      'shop-migrations/networkpolicy-shop-migrations.yaml',
      'shop-migrations/secret-database-owner-secret.yaml',
      'shop-migrations/serviceaccount-shop-migrations.yaml',
      'shop/configmap-shop-external.yaml',
      'shop/deployment-shop.yaml',
      'shop/networkpolicy-shop.yaml',
      'shop/secret-database-rw-secret.yaml',
      'shop/secret-mail-secret.yaml',
      'shop/service-shop.yaml',
      'shop/serviceaccount-shop.yaml',
    ]);
  });

  it('gets their addresses as variables and the logins from its own secrets', () => {
    expect(variables(object('shop/deployment-shop.yaml'))).toEqual({
      PGHOST: 'db.example.org',
      PGPORT: '5432',
      PGDATABASE: 'store',
      PGUSER: 'shop_rw',
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/external/database.crt',
      PGPASSWORD: 'of database-rw-secret',
      SMTP_HOST: 'smtp.example.org',
      SMTP_PORT: '465',
      SMTP_TLS: 'implicit',
      SMTP_USER: 'of mail-secret',
      SMTP_PASSWORD: 'of mail-secret',
    });
  });

  it('has its migrations run as the owner before it starts', () => {
    const job = [...files.keys()].find((path) => path.startsWith('manifests/dev/shop-migrations/job-')) ?? '';
    expect(variables(parse(files.get(job) ?? ''))).toMatchObject({
      PGUSER: 'store_admin',
      PGPASSWORD: 'of database-owner-secret',
    });
    const { annotations } = object('shop/deployment-shop.yaml').metadata;
    expect(annotations['plinth.io/after']).toMatch(/^Job shop\/shop-migrations-/);
  });

  it('has egress to their networks at their ports, and so do its migrations to the database', () => {
    const egress = (path: string) => object(path).spec.egress.slice(1);
    expect(egress('shop/networkpolicy-shop.yaml')).toEqual([toDatabase, toMail]);
    expect(egress('shop-migrations/networkpolicy-shop-migrations.yaml')).toEqual([toDatabase]);
  });
});

it('a login by certificate has its files, and public CAs are trusted by default', () => {
  const { database, ...shop } = testApp({
    name: 'shop',
    database: { storage: '1Gi' },
    uses: [{ kind: 'database', of: 'shop', as: 'read-only' }],
  });
  const catalog = { host: 'db.example.org', networks: ['192.0.2.0/28'], login: 'certificate' };
  const env = environment({ apps: [shop], cluster: { external: { databases: { shop: catalog } } } });
  expect(database).toBeDefined();
  expect(
    Object.fromEntries(externalFiles(env, shop).env.map(({ name, value }) => [name, value])),
  ).toMatchObject({
    PGSSLROOTCERT: 'system',
    PGSSLCERT: '/secrets/database-ro/tls.crt',
    PGSSLKEY: '/secrets/database-ro/tls.key',
  });
});
