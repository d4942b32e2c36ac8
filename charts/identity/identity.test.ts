import { describe, expect, it } from 'vitest';
import type { AppInput } from '../../model/app.ts';
import { chart as admission } from '../../operators/admission/chart.ts';
import { chart as identity } from '../../operators/identity/chart.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { appComponent } from '../app/app.ts';
import { databaseComponent } from '../database/database.ts';
import { migrations } from '../database/migrations.ts';
import { field, listField } from '../kube/field.ts';
import type { Component } from '../kube/kube-object.ts';

const reload = { identity: { reload: 'files' } } as const;
const orders: Partial<AppInput> & { name: string } = {
  name: 'orders',
  ports: { http: { port: 8080 }, grpc: { port: 8443, tls: 'mutual' } },
  database: { storage: '2Gi', migrations: { build: './migrations' } },
  uses: [{ kind: 'database', of: 'orders', as: 'read-write' }],
  ...reload,
};
const front: Partial<AppInput> & { name: string } = {
  name: 'front',
  uses: [
    { kind: 'app', app: 'orders', port: 'grpc' },
    { kind: 'database', of: 'orders', as: 'read-only' },
  ],
  ...reload,
};

function shop(cluster: Record<string, unknown> = {}) {
  const server = { ...testApp(orders), migrationsRef: 'example.org/orders-migrations:v1' };
  const client = testApp(front);
  const env = environment({ apps: [client, server], cluster });
  return { env, server, client };
}

function some(component: Component | undefined): Component {
  if (component === undefined) throw new Error('no component');
  return component;
}

const pod = (component: Component, name: string) =>
  field(find(component, 'Deployment', name), 'spec', 'template', 'spec');

function variables(component: Component, name: string): Record<string, unknown> {
  const env = listField(pod(component, name), 'containers', 0, 'env');
  return Object.fromEntries(env.map((variable) => [field(variable, 'name'), field(variable, 'value')]));
}

describe('a server', () => {
  const { env, server } = shop({ people: { me: { uses: ['orders'] } } });
  const component = appComponent(env, server);

  it('has a common name that fits, however long its own name is', () => {
    const name = 'a'.repeat(40);
    const app = testApp({ ...orders, name, uses: [] });
    const long = environment({ apps: [{ ...app, migrationsRef: 'example.org/a:v1' }] });
    const names = [appComponent(long, app), some(databaseComponent(long, app))].flatMap(({ objects }) =>
      objects
        .filter(({ kind }) => kind === 'Certificate')
        .map((object) => String(field(object, 'spec', 'commonName'))),
    );
    expect(names).toEqual(expect.arrayContaining([name]));
    expect(names.filter(({ length }) => length > 64)).toEqual([]);
  });

  it('has a certificate with all of its DNS names, and no others', () => {
    const spec = field(find(component, 'Certificate', 'orders-server'), 'spec');
    expect(spec).toMatchObject({
      secretName: 'orders-server',
      isCA: false,
      commonName: 'orders.orders.svc.cluster.local',
      dnsNames: ['orders.orders.svc.cluster.local', 'orders.orders.svc', 'orders.orders', 'orders'],
      usages: ['digital signature', 'server auth'],
      duration: '2160h0m0s',
      renewBefore: '720h0m0s',
      privateKey: { rotationPolicy: 'Always' },
      issuerRef: { kind: 'ClusterIssuer', name: 'orders-ca-1' },
    });
  });

  it('has the list of its callers: apps with that edge, and people', () => {
    expect(variables(component, 'orders')).toMatchObject({
      IDENTITY_DIR: '/identity/server',
      CALLERS: 'front,person:me',
    });
  });

  it('has certificate, key and CA certificates in one folder, the latter not from the Secret', () => {
    const volume = listField(pod(component, 'orders'), 'volumes').find(
      (each) => field(each, 'name') === 'identity-server',
    );
    const sources = listField(volume, 'projected', 'sources');
    expect(field(volume, 'projected', 'defaultMode')).toBe(0o440);
    expect(
      sources.map((source) => listField(source, 'secret', 'items').map((item) => field(item, 'key'))),
    ).toEqual([['tls.crt', 'tls.key'], []]);
    expect(field(sources[1], 'configMap', 'name')).toBe('orders-trust');
    expect(field(pod(component, 'orders'), 'securityContext', 'fsGroup')).toBe(65532);
  });
});

describe('a client', () => {
  const { env, client } = shop();
  const component = appComponent(env, client);

  it('is identified by its name, and by its role in the database', () => {
    const names = ['orders-client', 'orders-db-ro'].map((name) => {
      const spec = field(find(component, 'Certificate', name), 'spec');
      return [field(spec, 'commonName'), field(spec, 'issuerRef', 'name'), field(spec, 'dnsNames')];
    });
    expect(names).toEqual([
      ['front', 'orders-ca-1', undefined],
      ['orders_ro', 'orders-db-ca-1', undefined],
    ]);
  });

  it('gets address and user of the database, without a password', () => {
    expect(variables(component, 'front')).toEqual({
      ORDERS_ADDRESS: 'orders.orders.svc.cluster.local:8443',
      ORDERS_IDENTITY_DIR: '/identity/apps/orders',
      PGHOST: 'orders-db-r.orders.svc.cluster.local',
      PGPORT: '5432',
      PGDATABASE: 'orders',
      PGUSER: 'orders_ro',
      PGSSLMODE: 'verify-full',
      PGSSLCERT: '/identity/database/tls.crt',
      PGSSLKEY: '/identity/database/tls.key',
      PGSSLROOTCERT: '/identity/database/roots.pem',
    });
  });

  it('is applied after the migrations of the used database', () => {
    const after = field(find(component, 'Deployment', 'front'), 'metadata', 'annotations', 'plinth.io/after');
    expect(after).toMatch(/^Job orders\/orders-migrations-[0-9a-f]{10}$/);
  });

  it('reaches the database, and nothing else in its namespace', () => {
    const egress = listField(find(component, 'NetworkPolicy', 'front'), 'spec', 'egress');
    expect(egress).toContainEqual({
      to: [
        {
          namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'orders' } },
          podSelector: { matchLabels: { 'cnpg.io/cluster': 'orders-db' } },
        },
      ],
      ports: [{ port: 5432, protocol: 'TCP' }],
    });
  });
});

describe('a database', () => {
  const { env, server } = shop();
  const component = some(databaseComponent(env, server));
  const spec = field(find(component, 'Cluster', 'orders-db'), 'spec');

  it('accepts each role with a certificate, and refuses other logins', () => {
    expect(field(spec, 'postgresql', 'pg_hba')).toEqual([
      'hostssl "orders" "orders_owner","orders_rw","orders_ro" all cert map=orders',
      'host all all all reject',
    ]);
    expect(field(spec, 'postgresql', 'pg_ident')).toEqual([
      'orders "orders_owner" "orders_owner"',
      'orders "orders_rw" "orders_rw"',
      'orders "orders_ro" "orders_ro"',
    ]);
  });

  it('has no password: not for the superuser, not for a role, and an empty one in the required Secret', () => {
    expect(field(spec, 'enableSuperuserAccess')).toBe(false);
    expect(listField(spec, 'managed', 'roles').every((role) => field(role, 'disablePassword') === true)).toBe(
      true,
    );
    const secret = find(component, 'Secret', 'orders-db-no-password');
    expect(field(secret, 'data', 'password')).toBe('');
    expect(field(secret, 'metadata', 'annotations', 'cnpg.io/passwordPassthrough')).toBe('enabled');
    expect(field(spec, 'bootstrap', 'initdb', 'secret', 'name')).toBe('orders-db-no-password');
  });

  it('uses certificates of cert-manager and CA certificates of trust-manager', () => {
    expect(field(spec, 'certificates')).toEqual({
      serverTLSSecret: 'orders-db-server',
      serverCASecret: 'orders-db-peers',
      clientCASecret: 'orders-db-peers',
      replicationTLSSecret: 'orders-db-replication',
    });
  });

  it('with three instances survives the loss of one without losing a commit, and can be drained', () => {
    const three = shop({ databases: { instances: 3 } });
    const cluster = find(some(databaseComponent(three.env, three.server)), 'Cluster', 'orders-db');
    expect(field(cluster, 'spec', 'enablePDB')).toBe(true);
    expect(field(cluster, 'spec', 'postgresql', 'synchronous')).toMatchObject({
      number: 1,
      dataDurability: 'required',
    });
    expect(field(spec, 'enablePDB')).toBe(false);
  });

  it('is backed up to the destination of the environment', () => {
    const backups = { destination: 's3://bucket/here', credentials: { secret: 'backups' } };
    const { env: backed, server: app } = shop({ databases: { instances: 3, backups } });
    const objects = some(databaseComponent(backed, app));
    expect(field(find(objects, 'Cluster', 'orders-db'), 'spec', 'backup')).toMatchObject({
      retentionPolicy: '30d',
      barmanObjectStore: {
        destinationPath: 's3://bucket/here/orders-db',
        s3Credentials: { accessKeyId: { name: 'backups', key: 'ACCESS_KEY_ID' } },
      },
    });
    expect(find(objects, 'ScheduledBackup', 'orders-db')).toMatchObject({
      spec: { schedule: '0 0 2 * * *', target: 'primary', cluster: { name: 'orders-db' } },
    });
    expect(component.objects.map(({ kind }) => kind)).not.toContain('ScheduledBackup');
  });

  it('is backed up to another S3, with its CA certificate and a flow to its port', () => {
    const backups = {
      ...{ destination: 's3://bucket/here', credentials: { secret: 'backups' } },
      ...{ endpoint: 'https://s3.example.org:8333', authority: 'our-ca' },
    };
    const { env: backed, server: app } = shop({ databases: { backups } });
    const objects = some(databaseComponent(backed, app));
    const store = field(find(objects, 'Cluster', 'orders-db'), 'spec', 'backup', 'barmanObjectStore');
    expect(store).toMatchObject({
      endpointURL: 'https://s3.example.org:8333',
      endpointCA: { name: 'our-ca', key: 'ca.crt' },
    });
    const egress = listField(find(objects, 'NetworkPolicy', 'orders-db'), 'spec', 'egress');
    expect(egress.at(-1)).toMatchObject({ ports: [{ port: 8333 }] });
  });

  it('uses the AWS role of the stacks with a token for AWS only', () => {
    const backups = { destination: 's3://plinth-test-backups-111122223333/here', credentials: 'machine' };
    const provider = { kind: 'aws', region: 'eu-central-1', account: '111122223333' };
    const { env: backed, server: app } = shop({ provider, databases: { backups } });
    const cluster = find(some(databaseComponent(backed, app)), 'Cluster', 'orders-db');
    expect(listField(cluster, 'spec', 'env')).toContainEqual({
      name: 'AWS_ROLE_ARN',
      value: 'arn:aws:iam::111122223333:role/plinth-test-orders-db-backup',
    });
    const [source] = listField(cluster, 'spec', 'projectedVolumeTemplate', 'sources');
    const token = field(source, 'serviceAccountToken');
    expect(token).toMatchObject({ audience: 'sts.amazonaws.com', expirationSeconds: 3600 });
    expect(listField(cluster, 'spec', 'env')).toContainEqual({
      name: 'AWS_WEB_IDENTITY_TOKEN_FILE',
      value: `/projected/${field(token, 'path')}`,
    });
  });

  it('opens its port to apps with an edge, and its status to the operator', () => {
    const ingress = listField(find(component, 'NetworkPolicy', 'orders-db'), 'spec', 'ingress');
    const peers = ingress.map((flow) => [
      listField(flow, 'ports').map((port) => field(port, 'port')),
      listField(flow, 'from').map((peer) => Object.values(field(peer, 'podSelector', 'matchLabels') ?? {})),
    ]);
    expect(peers).toEqual([
      [[5432], [['front'], ['orders'], ['orders-migrations']]],
      [[5432, 8000], [['orders-db']]],
      [[8000], [['cloudnative-pg']]],
    ]);
  });
});

describe('migrations', () => {
  const { env, server } = shop();

  it('run as the owner, once for each change of their content', () => {
    const [job] = some(migrations(env, server)).objects.filter(({ kind }) => kind === 'Job');
    const [other] = some(
      migrations(env, { ...server, migrationsRef: 'example.org/orders-migrations:v2' }),
    ).objects.filter(({ kind }) => kind === 'Job');
    const env0 = listField(job, 'spec', 'template', 'spec', 'containers', 0, 'env');
    expect(env0).toContainEqual({ name: 'PGUSER', value: 'orders_owner' });
    expect(env0).toContainEqual({ name: 'PGHOST', value: 'orders-db-rw.orders.svc.cluster.local' });
    expect(job?.metadata.name).not.toBe(other?.metadata.name);
    expect(field(job, 'metadata', 'annotations', 'plinth.io/after')).toBe('Cluster orders/orders-db');
  });
});

describe('authorities', () => {
  const roots = { orders: { trusted: [2, 1], issuing: 2 } };

  it('have all keys in one namespace, and a root for each service', () => {
    const component = some(identity(shop().env));
    const certificates = component.objects.filter(({ kind }) => kind === 'Certificate');
    expect(certificates.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
      'cert-manager/orders-ca-1',
      'cert-manager/orders-db-ca-1',
    ]);
    for (const certificate of certificates) {
      expect(field(certificate, 'spec')).toMatchObject({
        isCA: true,
        issuerRef: { name: 'self-signed' },
        privateKey: { rotationPolicy: 'Never' },
      });
    }
  });

  it('have both generations during a rotation, and certificates from the one that issues', () => {
    const { env, server } = shop({ identity: { roots } });
    const component = some(identity(env));
    expect(field(find(component, 'ConfigMap', 'orders-roots'), 'metadata', 'annotations')).toEqual({
      'plinth.io/trusted': '1,2',
    });
    expect(find(component, 'ClusterIssuer', 'orders-ca-1')).toBeDefined();
    expect(find(component, 'ClusterIssuer', 'orders-ca-2')).toBeDefined();
    const leaf = find(appComponent(env, server), 'Certificate', 'orders-server');
    expect(field(leaf, 'spec', 'issuerRef', 'name')).toBe('orders-ca-2');
  });

  it("as intermediates are below the environment's root, which is trusted", () => {
    const component = some(identity(shop({ identity: { authorities: 'intermediate' } }).env));
    const issuer = (name: string) => field(find(component, 'Certificate', name), 'spec', 'issuerRef', 'name');
    expect(issuer('orders-ca-1')).toBe('environment-ca-1');
    expect(issuer('environment-ca-1')).toBe('self-signed');
    const sources = field(find(component, 'Bundle', 'orders-trust'), 'spec', 'sources');
    expect(sources).toEqual([{ configMap: { name: 'environment-roots', includeAllKeys: true } }]);
    expect(
      component.objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata }) => metadata.name),
    ).toEqual(['environment-roots']);
  });

  it('during a rotation of the root, the new intermediate is below the new root, and both roots are trusted', () => {
    const both = { trusted: [1, 2], issuing: 2 };
    const { env, server } = shop({
      identity: { authorities: 'intermediate', roots: { environment: both, orders: both } },
    });
    const component = some(identity(env));
    const issuer = (name: string) => field(find(component, 'Certificate', name), 'spec', 'issuerRef', 'name');
    expect(issuer('orders-ca-2')).toBe('environment-ca-2');
    const leaf = find(appComponent(env, server), 'Certificate', 'orders-server');
    expect(field(leaf, 'spec', 'issuerRef', 'name')).toBe('orders-ca-2');
    expect(field(find(component, 'ConfigMap', 'environment-roots'), 'metadata', 'annotations')).toEqual({
      'plinth.io/trusted': '1,2',
    });
  });

  it('do not exist without mutual TLS', () => {
    const env = environment({ apps: [testApp({ name: 'plain' })] });
    expect(identity(env)).toBeUndefined();
  });
});

describe('the policy on certificates', () => {
  it('has one entry for each certificate of the graph, and no other', () => {
    const { env } = shop({ people: { me: { uses: ['orders'] } } });
    const table = field(find(admission(env), 'ConfigMap', 'certificates-of-the-graph'), 'data');
    expect(table).toMatchObject({
      'front.orders-client':
        'issuer=orders-ca-1 secret=orders-client cn=front dns= usages=digital signature,client auth duration=2160h0m0s renew=720h0m0s key=ECDSA size=256 encoding=PKCS8 new=Always',
      'people.me.orders':
        'issuer=orders-ca-1 secret=me.orders cn=person:me dns= usages=digital signature,client auth duration=2160h0m0s renew=720h0m0s key=ECDSA size=256 encoding=PKCS8 new=Always',
      'cert-manager.orders-ca-1':
        'issuer=self-signed secret=orders-ca-1 ca cn=plinth-test orders 1 dns= usages=cert sign,crl sign duration=87600h0m0s renew=17520h0m0s key=ECDSA size=256 encoding=PKCS8 new=Never',
    });
    expect(Object.keys(Object(table)).sort()).toEqual([
      'cert-manager.orders-ca-1',
      'cert-manager.orders-db-ca-1',
      'front.orders-client',
      'front.orders-db-ro',
      'orders.orders-db-owner',
      'orders.orders-db-replication',
      'orders.orders-db-rw',
      'orders.orders-db-server',
      'orders.orders-server',
      'people.me.orders',
    ]);
  });
});

describe('trust-manager', () => {
  it('is requested only in namespaces that trust it, and as a Secret only beside Postgres', () => {
    const component = some(identity(shop().env));
    const bundles = component.objects.filter(({ kind }) => kind === 'Bundle');
    const targets = bundles.map((bundle) => {
      const target = field(bundle, 'spec', 'target');
      const namespaces = listField(target, 'namespaceSelector', 'matchExpressions').flatMap((each) =>
        listField(each, 'values'),
      );
      return [bundle.metadata.name, Object.keys(Object(target))[0], namespaces.join(' ')];
    });
    expect(targets).toEqual([
      ['orders-trust', 'configMap', 'front orders'],
      ['orders-db-trust', 'configMap', 'front orders'],
      ['orders-db-peers', 'secret', 'orders'],
    ]);
  });
});
