import { describe, expect, it } from 'vitest';
import { field, listField } from '../../charts/kube/field.ts';
import type { Component, KubeObject } from '../../charts/kube/kube-object.ts';
import { routesPolicy } from '../../charts/kube/names.ts';
import { isPreExisting } from '../../charts/order/pre-existing.ts';
import { gatewayHosts } from '../../model/gateway-hosts.ts';
import { authorities } from '../../model/identity.ts';
import { refusals } from '../../test/charts/evaluate-policy.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { runInProgramFolder } from '../../test/charts/program-folder.ts';
import { chart as traefik } from '../traefik/chart.ts';
import { chart } from './chart.ts';

const url = 'https://git.example.org/team/platform.git';

/** An environment whose source has this forge. */
function withForge(forge: object | undefined, more: object = {}) {
  return environment({
    cluster: { source: { kind: 'git', url, ...(forge === undefined ? {} : { forge }), ...more } },
  });
}

function rendered(env: ReturnType<typeof environment>): Component {
  const made = chart(env);
  if (made === undefined) throw new Error('nothing was made');
  return made;
}

const plain = withForge({ kind: 'gitea', receiver: { secret: 'forge' } });
const withStatus = withForge({ kind: 'gitea', receiver: { secret: 'forge', status: true } });

it('runs only where the forge of cluster.yaml has a receiver', () => {
  expect(chart(environment())).toBeUndefined();
  expect(chart(withForge(undefined))).toBeUndefined();
  expect(chart(withForge({ kind: 'gitea' }))).toBeUndefined();
  expect(gatewayHosts(withForge({ kind: 'gitea' }))).not.toContain('hooks.test.localhost');
});

it('is at hooks.DOMAIN, with matching route, certificate and policy', () => {
  expect(field(find(rendered(plain), 'HTTPRoute', 'receiver'), 'spec', 'hostnames')).toEqual([
    'hooks.test.localhost',
  ]);
  const gateway = traefik(plain);
  expect(field(find(gateway, 'ConfigMap', routesPolicy), 'data')).toMatchObject({
    receiver: 'hooks.test.localhost',
  });
  const [leaf] = authorities(plain).find(({ kind }) => kind === 'gateway')?.leaves ?? [];
  expect(leaf?.dnsNames).toContain('hooks.test.localhost');
});

it('may patch one Git source, and read Kustomizations only for statuses', () => {
  const rules = (env: typeof plain) => field(find(rendered(env), 'Role', 'receiver'), 'rules');
  const patch = {
    apiGroups: ['source.toolkit.fluxcd.io'],
    resources: ['gitrepositories'],
    resourceNames: ['platform'],
    verbs: ['patch'],
  };
  expect(rules(plain)).toEqual([patch]);
  expect(rules(withStatus)).toEqual([
    patch,
    {
      apiGroups: ['kustomize.toolkit.fluxcd.io'],
      resources: ['kustomizations'],
      verbs: ['list', 'watch'],
    },
  ]);
});

describe('the admission policy for its writes', () => {
  const object: KubeObject = {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: {
      name: 'platform',
      namespace: 'flux-system',
      labels: { a: 'b' },
      annotations: { 'reconcile.fluxcd.io/requestedAt': 'now', kept: 'x' },
    },
    spec: { url },
  };
  const { metadata } = object;
  const before: KubeObject = { ...object, metadata: { ...metadata, annotations: { kept: 'x' } } };
  const username = 'system:serviceaccount:receiver:receiver';
  const said = (now: KubeObject, oldObject = before, who = username) =>
    refusals(rendered(plain), 'receiver-asks-alone', { object: now, oldObject, username: who });

  it('admits the annotation that asks for a reconciliation, the first time and each other time', () => {
    expect(said(object)).toEqual([]);
    expect(said(object, object)).toEqual([]);
    const { annotations: _, ...bare } = metadata;
    const asked = { 'reconcile.fluxcd.io/requestedAt': 'now' };
    expect(
      said({ ...object, metadata: { ...bare, annotations: asked } }, { ...object, metadata: bare }),
    ).toEqual([]);
  });

  it.each([
    ['another address', { ...object, spec: { url: 'https://evil.example.org/x.git' } }],
    ['another label', { ...object, metadata: { ...metadata, labels: { a: 'c' } } }],
    ['no label', { ...object, metadata: { name: 'platform', annotations: metadata.annotations ?? {} } }],
    [
      'another annotation',
      {
        ...object,
        metadata: {
          ...metadata,
          annotations: { kept: 'x', 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' },
        },
      },
    ],
    ['a changed annotation', { ...object, metadata: { ...metadata, annotations: { kept: 'y' } } }],
    [
      'a lost annotation',
      { ...object, metadata: { ...metadata, annotations: { 'reconcile.fluxcd.io/requestedAt': 'now' } } },
    ],
    ['a finalizer', { ...object, metadata: { ...metadata, finalizers: ['x/y'] } }],
  ])('refuses %s', (_, changed) => {
    expect(said(changed)).toEqual([
      'the receiver changes nothing of a Git source but the annotation reconcile.fluxcd.io/requestedAt',
    ]);
  });

  it('says nothing of the writes of others', () => {
    const other = { ...object, spec: { url: 'https://git.example.org/other.git' } };
    expect(said(other, before, 'system:serviceaccount:flux-system:kustomize-controller')).toEqual([]);
  });
});

it('accepts deliveries from the gateway alone, and calls the forge only for statuses', () => {
  const policy = (env: typeof plain) => find(rendered(env), 'NetworkPolicy', 'receiver');
  expect(field(policy(plain), 'spec', 'ingress')).toEqual([
    {
      from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateway' } } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ]);
  const ports = (env: typeof plain) =>
    listField(policy(env), 'spec', 'egress').flatMap((rule) =>
      listField(rule, 'ports').map((port) => field(port, 'port')),
    );
  expect(ports(plain)).toEqual([53, 53, 6443]);
  expect(ports(withStatus)).toEqual([53, 53, 6443, 443]);
  const elsewhere = { kind: 'gitea', api: 'http://forge.internal:3000/api/v1' };
  expect(ports(withForge({ ...elsewhere, receiver: { secret: 'forge', status: true } }))).toEqual([
    53, 53, 6443, 3000,
  ]);
});

it('mounts only the keys that it needs of a Secret that the order of Flux does not wait for', () => {
  const keys = (env: typeof plain) =>
    listField(
      find(rendered(env), 'Deployment', 'receiver'),
      ...['spec', 'template', 'spec', 'volumes', 1, 'secret', 'items'],
    ).map((item) => field(item, 'key'));
  expect(keys(plain)).toEqual(['webhook-secret']);
  expect(keys(withStatus)).toEqual(['status-token', 'webhook-secret']);
  expect(isPreExisting(plain, 'Secret receiver/forge')).toBe(true);
  expect(isPreExisting(environment(), 'Secret receiver/forge')).toBe(false);
});

it('has the branch, the project and the address of the API of the forge from the address of the source', () => {
  const config = (env: typeof plain): unknown =>
    JSON.parse(`${field(find(rendered(env), 'ConfigMap', 'receiver'), 'data', 'config.json')}`);
  expect(config(withStatus)).toEqual({
    forge: { kind: 'gitea', api: 'https://git.example.org/api/v1', project: 'team/platform' },
    ref: 'refs/heads/main',
    source: '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/platform',
    status: {
      context: 'plinth/test',
      kustomizations: '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations',
    },
  });
  const bySsh = { url: 'ssh://git@gitlab.example.org:2222/a/b/c.git', secret: 'key', branch: 'release' };
  expect(config(withForge({ kind: 'gitlab', receiver: { secret: 'forge' } }, bySsh))).toEqual({
    forge: { kind: 'gitlab', api: 'https://gitlab.example.org/api/v4', project: 'a/b/c' },
    ref: 'refs/heads/release',
    source: '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system/gitrepositories/platform',
  });
});

it('runs out of its ConfigMap, without other packages, and ends when it is stopped', async () => {
  const program = `const { start } = await import('./operators/receiver/program/main.ts');
const { readFileSync, writeFileSync, mkdirSync } = await import('node:fs');
mkdirSync('secrets');
writeFileSync('secrets/webhook-secret', 'a-secret-of-a-test-only');
const running = await start(JSON.parse(readFileSync('config.json', 'utf8')), {
  kubernetes: { api: 'http://127.0.0.1:1', token: () => '' },
  secrets: 'secrets', ports: { deliveries: 0, probes: 0 }, log: () => undefined,
});
console.log((await fetch(\`http://127.0.0.1:\${running.ports.deliveries}/push\`, { method: 'POST' })).status);
await running.stop();`;
  expect(await runInProgramFolder(rendered(plain), 'receiver', program)).toBe('401');
});
