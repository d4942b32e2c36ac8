import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { appComponent } from '../../charts/app/app.ts';
import { databaseComponent } from '../../charts/database/database.ts';
import { migrations } from '../../charts/database/migrations.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { environment, openBaoStore, testApp } from '../../test/charts/fixture.ts';
import { chart as identity } from '../identity/chart.ts';
import { chart as admission, knownCertificateFields } from './chart.ts';

const app = testApp({
  name: 'orders',
  ports: { grpc: { port: 8443, tls: 'mutual' }, http: { port: 8080 } },
  database: { storage: '1Gi', migrations: { build: './migrations' } },
  uses: [{ kind: 'database', of: 'orders', as: 'read-write' }],
  identity: { reload: 'files' },
});
const env = environment({
  apps: [{ ...app, migrationsRef: 'example.org/orders-migrations:v1' }],
  cluster: { people: { me: { uses: ['orders'] } } },
  operators: [{ name: 'flux', summary: 'Flux.', namespace: 'flux-system' }],
});
const [orders = app] = env.apps;
const component = admission(env);
const policy = 'certificates-of-the-graph';
const certificates = [
  appComponent(env, orders),
  databaseComponent(env, orders),
  migrations(env, orders),
  identity(env),
]
  .flatMap((each) => each?.objects ?? [])
  .filter(({ kind }) => kind === 'Certificate');

/** A copy with other fields in its spec; without those that are undefined. */
function changed(certificate: KubeObject, fields: Record<string, unknown>): KubeObject {
  const spec = Object.entries({ ...Object(certificate.spec), ...fields });
  return { ...certificate, spec: Object.fromEntries(spec.filter(([, value]) => value !== undefined)) };
}

function certificate(name: string): KubeObject {
  const found = certificates.find(({ metadata }) => metadata.name === name);
  if (found === undefined) throw new Error(`no certificate ${name}`);
  return found;
}

describe('the policy on certificates', () => {
  it('admits every rendered certificate', () => {
    expect(certificates.map(({ metadata }) => metadata.name).sort()).toEqual([
      'me.orders',
      'orders-ca-1',
      'orders-db-ca-1',
      'orders-db-owner',
      'orders-db-replication',
      'orders-db-rw',
      'orders-db-server',
      'orders-server',
    ]);
    for (const object of certificates) expect(refusals(component, policy, { object })).toEqual([]);
  });

  it('knows every rendered field', () => {
    const fields = certificates.flatMap(({ spec }) => Object.keys(Object(spec)));
    expect([...new Set(fields)].filter((each) => !knownCertificateFields.includes(each))).toEqual([]);
  });

  const leaf = certificate('orders-db-rw');
  it.each<[string, Record<string, unknown>, string]>([
    ['for longer', { duration: '87600h0m0s' }, 'duration=2160h0m0s'],
    ['for as long as cert-manager gives by itself', { duration: undefined }, 'duration=2160h0m0s'],
    ['that is renewed later', { renewBefore: '1h0m0s' }, 'renew=720h0m0s'],
    ['with a weaker key', { privateKey: { algorithm: 'RSA', size: 1024 } }, 'key=ECDSA'],
    ['with the key that cert-manager takes by itself', { privateKey: undefined }, 'key=ECDSA'],
    [
      'with a key that stays',
      { privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8', rotationPolicy: 'Never' } },
      'new=Always',
    ],
    ['that may sign others', { isCA: true }, 'issuer=orders-db-ca-1'],
    ['of another name', { commonName: 'orders_owner' }, 'cn=orders_rw'],
    ['for another use', { usages: ['any'] }, 'usages=digital signature,client auth'],
    ['in another Secret', { secretName: 'orders-db-owner' }, 'secret=orders-db-rw'],
    [
      'from another issuer',
      { issuerRef: { kind: 'ClusterIssuer', name: 'orders-ca-1' } },
      'issuer=orders-db-ca-1',
    ],
    ['with another name beside', { dnsNames: ['a.b'] }, 'dns= '],
    ['with an address beside', { ipAddresses: ['10.0.0.1'] }, 'no other names'],
    ['in a keystore with a password in it', { keystores: { pkcs12: { create: true } } }, 'no keystores'],
    ['in a format beside', { additionalOutputFormats: [{ type: 'DER' }] }, 'no additionalOutputFormats'],
    ['renewed by parts of its time', { renewBeforePercentage: 1 }, 'no renewBeforePercentage'],
    [
      'whose Secret has a label on which somebody acts',
      { secretTemplate: { labels: { 'cnpg.io/reload': '', a: 'b' } } },
      'only the labels cnpg.io/reload',
    ],
    [
      'whose Secret is annotated, for one who makes copies',
      { secretTemplate: { labels: { 'cnpg.io/reload': '' }, annotations: { a: 'b' } } },
      'no annotations',
    ],
    ['whose Secret has no label where it should', { secretTemplate: undefined }, 'reloads'],
  ])('refuses one %s', (_, fields, reason) => {
    const asked = { object: changed(leaf, fields), oldObject: leaf };
    expect(refusals(component, policy, asked).join('\n')).toContain(reason);
  });

  it('refuses a label on the Secret of a certificate that has none', () => {
    const object = changed(certificate('orders-server'), {
      secretTemplate: { labels: { 'cnpg.io/reload': '' } },
    });
    expect(refusals(component, policy, { object })).toHaveLength(1);
  });

  it("refuses a certificate outside of the graph, and one in cert-manager's namespace from any issuer", () => {
    const spec = {
      secretName: 'x',
      commonName: 'x',
      issuerRef: { kind: 'ClusterIssuer', name: 'orders-ca-1' },
    };
    const of = (namespace: string, issuerRef: object): KubeObject => ({
      ...leaf,
      metadata: { name: 'x', namespace },
      spec: { ...spec, issuerRef },
    });
    expect(refusals(component, policy, { object: of('a', spec.issuerRef) })[0]).toContain(
      'no edge of the graph',
    );
    expect(refusals(component, policy, { object: of('cert-manager', { name: 'own' }) })[0]).toContain(
      'no edge of the graph',
    );
    expect(refusals(component, policy, { object: of('a', { name: 'own' }) })).toEqual([]);
  });

  it("ignores changes of a certificate's metadata", () => {
    const strange = changed(leaf, { duration: '1h0m0s' });
    const noted = { ...strange, metadata: { ...strange.metadata, annotations: { a: 'b' } } };
    expect(refusals(component, policy, { object: noted, oldObject: strange })).toEqual([]);
  });
});

describe('the policies on tokens', () => {
  const secret = (type?: string): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'x', namespace: 'flux-system' },
    ...(type === undefined ? {} : { type }),
  });

  it('refuse Secrets that Kubernetes would fill with a token, and no others', () => {
    const of = (type?: string) => refusals(component, 'no-token-secrets', { object: secret(type) });
    expect(of('kubernetes.io/service-account-token')[0]).toContain('a service account token for ever');
    for (const type of ['Opaque', 'kubernetes.io/tls', 'kubernetes.io/basic-auth', undefined]) {
      expect(of(type)).toEqual([]);
    }
  });

  const asks = (username: string, namespace: string, groups: string[] = []) =>
    refusals(component, 'tokens-for-pods', { username, namespace, groups, name: 'account' });

  it.each(['flux-system', 'kube-system', 'orders', 'people'])(
    'refuse service account tokens in %s to everyone except kubelets',
    (namespace) => {
      fc.assert(
        fc.property(
          fc.oneof(fc.string(), fc.constantFrom('kubernetes-admin', 'system:node:a', 'system:nodes')),
          fc.array(fc.constantFrom('system:masters', 'system:authenticated', 'system:node:a')),
          (username, groups) => {
            expect(asks(username, namespace, groups)[0]).toContain('which only the kubelet may do');
          },
        ),
      );
      expect(asks('system:node:a', namespace, ['system:nodes'])).toEqual([]);
    },
  );

  it('let the controller manager get tokens of its own controllers only', () => {
    expect(asks('system:kube-controller-manager', 'kube-system')).toEqual([]);
    expect(asks('system:kube-controller-manager', 'flux-system')).toHaveLength(1);
  });

  it('let the pod of an app log in to OpenBao as an account of this app without rights, and nowhere else', () => {
    const uses = [{ kind: 'secret' as const, name: 'stripe', keys: ['STRIPE_KEY'] }];
    const policies = admission(
      environment({
        apps: [testApp({ name: 'shop', uses }), testApp({ name: 'till', uses }), testApp({ name: 'free' })],
        cluster: { secrets: { external: openBaoStore } },
      }),
    );
    const asked = (account: string, namespace: string, name: string, audiences?: string[]) =>
      refusals(policies, 'tokens-for-pods', {
        username: `system:serviceaccount:external-secrets:${account}`,
        namespace,
        name,
        object: {
          apiVersion: 'authentication.k8s.io/v1',
          kind: 'TokenRequest',
          metadata: { name },
          spec: audiences === undefined ? {} : { audiences },
        },
      }).length;
    expect(asked('shop', 'shop', 'shop-secrets', ['openbao'])).toBe(0);
    expect(asked('till', 'shop', 'shop-secrets', ['openbao'])).toBe(1);
    expect(asked('shop', 'shop', 'shop', ['openbao'])).toBe(1);
    expect(asked('shop', 'till', 'shop-secrets', ['openbao'])).toBe(1);
    expect(asked('free', 'free', 'free-secrets', ['openbao'])).toBe(1);
    for (const audiences of [
      undefined,
      [],
      ['https://kubernetes.default.svc'],
      ['openbao', 'sts.amazonaws.com'],
    ])
      expect(asked('shop', 'shop', 'shop-secrets', audiences)).toBe(1);
  });

  it('do not apply to other namespaces', () => {
    expect(asks('somebody', 'elsewhere')).toEqual([]);
  });

  it('exist also if the graph has no certificates', () => {
    const { objects } = admission(environment());
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort()).toEqual([
      'ValidatingAdmissionPolicy no-token-secrets',
      'ValidatingAdmissionPolicy tokens-for-pods',
      'ValidatingAdmissionPolicyBinding no-token-secrets',
      'ValidatingAdmissionPolicyBinding tokens-for-pods',
    ]);
  });
});
