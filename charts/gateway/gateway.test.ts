import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { chart as admission } from '../../operators/admission/chart.ts';
import { chart as certManager } from '../../operators/cert-manager/chart.ts';
import { chart as identity } from '../../operators/identity/chart.ts';
import { chart as traefik } from '../../operators/traefik/chart.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { field, listField } from '../kube/field.ts';
import type { Component } from '../kube/kube-object.ts';
import { idOf } from '../kube/object-id.ts';
import { needs } from '../order/needs.ts';

const shop = testApp({ name: 'shop', exposes: { port: 'http' } });
const laptop = environment({ apps: [shop] });
const machines = environment({ apps: [shop], cluster: { provider: { kind: 'machines' } } });
const aws = environment({
  apps: [shop],
  cluster: { provider: { kind: 'aws', region: 'eu-central-1', account: '111122223333' } },
});

const listener = (component: Component, name: string): unknown =>
  listField(find(component, 'Gateway', 'gateway'), 'spec', 'listeners').find(
    (each) => field(each, 'name') === name,
  );
const kinds = (component: Component | undefined, kind: string): string[] =>
  (component?.objects ?? []).filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

describe('the listener of HTTPS', () => {
  it.each([
    ['a laptop', laptop],
    ['machines', machines],
  ])("has a certificate of the environment's CA on %s", (_, env) => {
    const component = traefik(env);
    expect(listener(component, 'https')).toMatchObject({
      protocol: 'HTTPS',
      port: 8443,
      tls: { certificateRefs: [{ name: 'gateway' }] },
    });
    expect(field(find(component, 'Certificate', 'gateway'), 'spec')).toMatchObject({
      secretName: 'gateway',
      dnsNames: ['shop.test.localhost'],
      usages: ['digital signature', 'server auth'],
      issuerRef: { kind: 'ClusterIssuer', name: 'gateway-ca-1' },
    });
  });

  it('has no certificate if the load balancer ends TLS, and accepts its traffic', () => {
    const component = traefik(aws);
    expect(listener(component, 'https')).toMatchObject({ protocol: 'HTTP', port: 8443 });
    expect(field(listener(component, 'https'), 'tls')).toBeUndefined();
    expect(kinds(component, 'Certificate')).toEqual([]);
    expect(identity(aws)).toBeUndefined();
  });

  it('exists only if an app is exposed, because a certificate needs a name', () => {
    const component = traefik(environment());
    expect(listener(component, 'https')).toBeUndefined();
    expect(kinds(component, 'Certificate')).toEqual([]);
  });

  it('waits for its Secret', () => {
    expect(needs(find(traefik(laptop), 'Gateway', 'gateway'))).toContain(
      idOf('Secret', 'gateway', 'gateway'),
    );
  });
});

describe('the CA of the gateway', () => {
  const ca = find(identity(laptop) ?? { name: '', objects: [] }, 'Certificate', 'gateway-ca-1');

  it("is limited to the environment's domain, because people make their browsers trust it", () => {
    expect(field(ca, 'spec', 'nameConstraints')).toEqual({
      critical: true,
      permitted: { dnsDomains: ['test.localhost'] },
      excluded: { ipRanges: ['0.0.0.0/0', '::/0'] },
    });
  });

  it('has a root of its own', () => {
    const env = environment({ apps: [shop], cluster: { identity: { authorities: 'intermediate' } } });
    const issuer = find(identity(env) ?? { name: '', objects: [] }, 'Certificate', 'gateway-ca-1');
    expect(field(issuer, 'spec', 'issuerRef', 'name')).toBe('self-signed');
  });

  it('is trusted by nothing inside the cluster', () => {
    expect(kinds(identity(laptop), 'Bundle')).toEqual([]);
  });

  it.each([
    ['without its bounds', undefined, ''],
    ['with bounds that may be ignored', { critical: false }, 'constraints=ignored'],
    ['for another domain', { permitted: { dnsDomains: ['test.localhost', 'example.org'] } }, 'example.org'],
    ['for addresses', { excluded: undefined }, 'excludes= '],
  ])('is refused %s', (_, change, told) => {
    const before = Object(field(ca, 'spec', 'nameConstraints'));
    const entries = Object.entries({ ...before, ...change }).filter(([, value]) => value !== undefined);
    const { nameConstraints: _before, ...spec } = Object(ca.spec);
    const object = {
      ...ca,
      spec: change === undefined ? spec : { ...spec, nameConstraints: Object.fromEntries(entries) },
    };
    const asks = (asked: typeof ca) =>
      refusals(admission(laptop), 'certificates-of-the-graph', { object: asked });
    expect(asks(ca)).toEqual([]);
    expect(asks(object)).toHaveLength(1);
    expect(asks(object)[0]).toContain(told);
  });
});

describe('HTTP', () => {
  it.each([
    ['the port of this machine', laptop, 8443],
    ['the node port', machines, 30443],
    ['the port of the balancer', aws, 443],
  ])('redirects to HTTPS at %s', (_, env, port) => {
    expect(field(find(traefik(env), 'HTTPRoute', 'to-https'), 'spec')).toEqual({
      parentRefs: [{ name: 'gateway', namespace: 'gateway', sectionName: 'http' }],
      rules: [
        {
          filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', port, statusCode: 301 } }],
        },
      ],
    });
  });

  it('accepts no routes of apps', () => {
    expect(listener(traefik(laptop), 'http')).toMatchObject({
      allowedRoutes: { namespaces: { from: 'Same' } },
    });
  });
});

describe('a certificate by ACME', () => {
  const [roots = ''] = rootCertificates;
  const server = 'https://ca.example.org:14000/dir';
  const env = environment({
    apps: [shop],
    cluster: { gateway: { tls: { acme: { server, email: 'ada@example.org', roots } } } },
  });
  const component = traefik(env);

  it('is requested from the ACME server of cluster.yaml, for every host', () => {
    expect(field(find(component, 'Certificate', 'gateway'), 'spec')).toMatchObject({
      secretName: 'gateway',
      dnsNames: ['shop.test.localhost'],
      issuerRef: { kind: 'Issuer', name: 'acme' },
    });
    expect(field(find(component, 'Issuer', 'acme'), 'spec', 'acme')).toMatchObject({
      server,
      email: 'ada@example.org',
      caBundle: Buffer.from(roots).toString('base64'),
    });
    expect(listener(component, 'https')).toMatchObject({ tls: { certificateRefs: [{ name: 'gateway' }] } });
    expect(identity(env)).toBeUndefined();
  });

  it('is validated at the HTTP listener, which accepts challenges and no routes of apps', () => {
    const [solver] = listField(find(component, 'Issuer', 'acme'), 'spec', 'acme', 'solvers');
    const route = field(solver, 'http01', 'gatewayHTTPRoute');
    expect(listField(route, 'parentRefs')).toEqual([
      { kind: 'Gateway', name: 'gateway', namespace: 'gateway', sectionName: 'http' },
    ]);
    const labels = field(route, 'podTemplate', 'metadata', 'labels');
    const policy = find(component, 'NetworkPolicy', 'acme-solver');
    expect(labels).toMatchObject(Object(field(policy, 'spec', 'podSelector', 'matchLabels')));
    expect(listField(policy, 'spec', 'ingress')).toMatchObject([{ ports: [{ port: 8089 }] }]);
  });

  it("is allowed by the policy on routes only in the gateway's namespace", () => {
    // As cert-manager makes it (pkg/issuer/acme/http/httproute.go).
    const challenge = (namespace: string) => ({
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'cm-acme-http-solver-x', namespace },
      spec: {
        parentRefs: [{ kind: 'Gateway', name: 'gateway', namespace: 'gateway', sectionName: 'http' }],
        hostnames: ['shop.test.localhost'],
        rules: [
          {
            matches: [{ path: { type: 'Exact', value: '/.well-known/acme-challenge/token' } }],
            backendRefs: [
              { group: '', kind: 'Service', name: 'cm-acme-http-solver-x', namespace, port: 8089, weight: 1 },
            ],
          },
        ],
      },
    });
    const asks = (namespace: string) =>
      refusals(component, 'hosts-of-the-graph', { object: challenge(namespace) });
    expect(asks('gateway')).toEqual([]);
    expect(asks('stranger')[0]).toContain('no app of the graph gives');
  });

  it("gives cert-manager the rights for a challenge only in the gateway's namespace", () => {
    const made = (rule: unknown) => listField(rule, 'verbs').includes('create');
    const rules = listField(find(component, 'Role', 'cert-manager-acme'), 'rules').filter(made);
    expect(rules.flatMap((rule) => listField(rule, 'resources'))).toEqual(['pods', 'services', 'httproutes']);
    const everywhere = listField(find(certManager(env), 'ClusterRole', 'cert-manager'), 'rules').filter(made);
    expect(everywhere.flatMap((rule) => listField(rule, 'resources'))).not.toContain('pods');
  });

  it('gives cert-manager access to the ACME server only if one is used', () => {
    const egress = (each: typeof env) =>
      JSON.stringify(find(certManager(each), 'NetworkPolicy', 'cert-manager').spec);
    expect(egress(env)).toContain('14000');
    expect(egress(laptop)).not.toContain('"port":80}');
    expect(JSON.stringify(find(certManager(env), 'Deployment', 'cert-manager'))).toContain('orders');
    expect(JSON.stringify(find(certManager(laptop), 'Deployment', 'cert-manager'))).not.toContain('orders');
  });
});
