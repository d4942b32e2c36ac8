import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Environment } from '../../model/graph.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { type Rule, rules } from '../../model/schema/exception.ts';
import { components } from '../../scripts/render/components.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { checkObjects } from './check.ts';
import { Inventory } from './inventory.ts';

/** Two apps, one of which uses the other, so that there is a flow and a budget to break. */
const env: Environment = {
  ...(await repository()),
  apps: [
    testApp({
      name: 'shop',
      replicas: 2,
      exposes: { port: 'http' },
      uses: [
        { kind: 'app', app: 'stock', port: 'http' },
        {
          kind: 'kubernetes',
          reason: 'shows them',
          rules: [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }],
        },
      ],
    }),
    testApp({ name: 'stock' }),
    testApp({
      name: 'ledger',
      database: { storage: '1Gi' },
      uses: [{ kind: 'database', of: 'ledger', as: 'read-write' }],
      identity: { reload: 'files' },
    }),
  ],
};
const rendered = components(env);

/** Changes a copy of an object; `at` leads to a part of it. */
type Edit = (part: Record<string, unknown>) => void;
const deployment = 'Deployment shop/shop';
const template = ['spec', 'template', 'spec'];
const container = [...template, 'containers', '0'];
const certificate = [...template, 'volumes', '1', 'projected', 'sources', '0', 'secret'];
const security = [...container, 'securityContext'];

/** Has a container take a part of a certificate's Secret into a variable. */
function fromSecret({ key }: { key: string }): Edit {
  const valueFrom = { secretKeyRef: { name: 'ledger-db-rw', key } };
  return (part) => Object.assign(part, { env: [{ name: 'PART', valueFrom }] });
}

/** For each rule: the object, the part of it, and what somebody might do to it. */
const mutations: [Rule, string, string[], Edit][] = [
  ['non-root', deployment, [...template, 'securityContext'], (part) => delete part.runAsNonRoot],
  ['non-root', deployment, security, (part) => Object.assign(part, { runAsNonRoot: false })],
  ['non-root', deployment, security, (part) => Object.assign(part, { runAsUser: 0 })],
  ['read-only-root', deployment, security, (part) => delete part.readOnlyRootFilesystem],
  ['privilege-escalation', deployment, security, (part) => delete part.allowPrivilegeEscalation],
  ['privilege-escalation', deployment, security, (part) => Object.assign(part, { privileged: true })],
  ['capabilities', deployment, security, (part) => delete part.capabilities],
  [
    'capabilities',
    deployment,
    [...security, 'capabilities'],
    (part) => Object.assign(part, { add: ['NET_RAW'] }),
  ],
  [
    'low-port',
    deployment,
    [...container, 'ports', '0'],
    (part) => Object.assign(part, { containerPort: 80 }),
  ],
  ['seccomp', deployment, [...template, 'securityContext'], (part) => delete part.seccompProfile],
  [
    'seccomp',
    deployment,
    security,
    (part) => Object.assign(part, { seccompProfile: { type: 'Unconfined' } }),
  ],
  ['host-access', deployment, template, (part) => Object.assign(part, { hostNetwork: true })],
  [
    'host-access',
    deployment,
    template,
    (part) => Object.assign(part, { volumes: [{ name: 'a', hostPath: { path: '/' } }] }),
  ],
  ['host-access', deployment, [...container, 'ports', '0'], (part) => Object.assign(part, { hostPort: 80 })],
  ['resources', deployment, container, (part) => delete part.resources],
  ['resources', deployment, [...container, 'resources'], (part) => delete part.limits],
  ['resources', deployment, [...container, 'resources', 'requests'], (part) => delete part.cpu],
  [
    'resources-reason',
    deployment,
    [...container, 'resources', 'requests'],
    (part) => Object.assign(part, { cpu: '1' }),
  ],
  [
    'resources-reason',
    'Deployment flux-system/kustomize-controller',
    ['metadata'],
    (part) => delete part.annotations,
  ],
  ['readiness-probe', deployment, container, (part) => delete part.readinessProbe],
  ['disruption-budget', 'PodDisruptionBudget shop/shop', ['spec'], (part) => delete part.selector],
  ['disruption-budget', 'Deployment stock/stock', ['spec'], (part) => Object.assign(part, { replicas: 2 })],
  ['spread', deployment, template, (part) => delete part.topologySpreadConstraints],
  ['pod-security', 'Namespace shop', ['metadata'], (part) => delete part.labels],
  [
    'pod-security',
    'Namespace shop',
    ['metadata', 'labels'],
    (part) => Object.assign(part, { 'pod-security.kubernetes.io/enforce': 'baseline' }),
  ],
  [
    'default-deny-ingress',
    'NetworkPolicy shop/default-deny',
    ['spec'],
    (part) => Object.assign(part, { policyTypes: ['Egress'] }),
  ],
  [
    'default-deny-egress',
    'NetworkPolicy shop/default-deny',
    ['spec'],
    (part) => Object.assign(part, { podSelector: { matchLabels: { a: 'b' } } }),
  ],
  [
    'default-deny-egress',
    'NetworkPolicy kube-system/metrics-server',
    ['spec'],
    (part) => Object.assign(part, { policyTypes: ['Ingress'] }),
  ],
  ['open-ingress', 'NetworkPolicy shop/shop', ['spec', 'ingress', '0'], (part) => delete part.from],
  ['open-ingress', 'NetworkPolicy registry/registry', ['spec', 'ingress', '0'], (part) => delete part.ports],
  [
    'open-ingress',
    'NetworkPolicy shop/shop',
    ['spec', 'ingress', '0'],
    (part) => Object.assign(part, { from: [{ namespaceSelector: {} }] }),
  ],
  ['open-egress', 'NetworkPolicy shop/shop', ['spec', 'egress', '1'], (part) => delete part.to],
  [
    'open-egress',
    'NetworkPolicy shop/shop',
    ['spec', 'egress', '1'],
    (part) => Object.assign(part, { to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }),
  ],
  [
    'one-sided-flow',
    'NetworkPolicy stock/stock',
    ['spec', 'ingress', '0', 'ports', '0'],
    (part) => Object.assign(part, { port: 9 }),
  ],
  [
    'one-sided-flow',
    'NetworkPolicy shop/shop',
    ['spec', 'egress', '1', 'to', '0', 'podSelector', 'matchLabels'],
    (part) => Object.assign(part, { 'app.kubernetes.io/name': 'stok' }),
  ],
  [
    'undeclared-flow',
    'NetworkPolicy shop/shop',
    ['spec', 'ingress', '0'],
    (part) =>
      Object.assign(part, {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'stock' } } }],
      }),
  ],
  ['service-account', deployment, template, (part) => delete part.serviceAccountName],
  [
    'service-account',
    'Deployment flux-system/kustomize-controller',
    template,
    (part) => Object.assign(part, { serviceAccountName: 'source-controller' }),
  ],
  [
    'service-account',
    'ServiceAccount shop/shop',
    ['metadata'],
    (part) => Object.assign(part, { name: 'other' }),
  ],
  [
    'token-mount',
    'Deployment stock/stock',
    template,
    (part) => Object.assign(part, { automountServiceAccountToken: true }),
  ],
  [
    'unused-rights',
    deployment,
    template,
    (part) => Object.assign(part, { automountServiceAccountToken: false }),
  ],
  ['rbac-wildcard', 'ClusterRole app-shop', ['rules', '0'], (part) => Object.assign(part, { verbs: ['*'] })],
  [
    'rbac-wildcard',
    'ClusterRoleBinding app-shop',
    ['subjects', '0'],
    (part) => Object.assign(part, { kind: 'Group', name: 'system:authenticated' }),
  ],
  [
    'rbac-secrets',
    'ClusterRole app-shop',
    ['rules', '0'],
    (part) => Object.assign(part, { resources: ['secrets'] }),
  ],
  [
    'rbac-escalation',
    'ClusterRole app-shop',
    ['rules', '0'],
    (part) => Object.assign(part, { verbs: ['impersonate'] }),
  ],
  [
    'rbac-escalation',
    'ClusterRole app-shop',
    ['rules', '0'],
    (part) =>
      Object.assign(part, {
        resources: ['serviceaccounts'],
        resourceNames: ['kustomize-controller'],
        verbs: ['impersonate'],
      }),
  ],
  [
    'rbac-escalation',
    'ClusterRole app-shop',
    ['rules', '0'],
    (part) =>
      Object.assign(part, {
        resources: ['clusterroles'],
        resourceNames: ['view', 'cluster-admin'],
        verbs: ['bind'],
      }),
  ],
  [
    'rbac-escalation',
    'ClusterRole app-shop',
    ['rules', '0'],
    (part) => Object.assign(part, { resources: ['pods/exec'], verbs: ['create'] }),
  ],
  [
    'rbac-escalation',
    'ClusterRoleBinding app-shop',
    ['roleRef'],
    (part) => Object.assign(part, { name: 'cluster-admin' }),
  ],
  [
    'ca-key-mount',
    'Certificate ledger/ledger-db-rw',
    ['spec'],
    (part) => Object.assign(part, { isCA: true }),
  ],
  ['leaf-trust', 'Deployment ledger/ledger', certificate, (part) => delete part.items],
  ['certificate-reload', 'Deployment ledger/ledger', ['metadata'], (part) => delete part.annotations],
  [
    'certificate-reload',
    'Deployment ledger/ledger',
    [...container, 'volumeMounts', '1'],
    (part) => Object.assign(part, { subPath: 'tls.crt' }),
  ],
  ['certificate-reload', 'Deployment ledger/ledger', container, fromSecret({ key: 'tls.key' })],
  ['leaf-trust', 'Deployment ledger/ledger', container, fromSecret({ key: 'ca.crt' })],
  [
    'cn-is-no-role',
    'Certificate ledger/ledger-db-rw',
    ['spec'],
    (part) => Object.assign(part, { commonName: 'ledger_writer' }),
  ],
  [
    'secret-in-git',
    'Secret ledger/ledger-db-no-password',
    ['data'],
    (part) => Object.assign(part, { password: 'aHVudGVyMg==' }),
  ],
  ['secret-in-git', 'ConfigMap registry/registry', [], (part) => Object.assign(part, { kind: 'Secret' })],
];

describe('every rendered object', () => {
  it('keeps every rule, or has an exception with a reason', () => {
    const { violations, excepted } = checkObjects(new Inventory(env, rendered));
    expect(violations).toEqual([]);
    for (const { reason } of excepted) expect(reason.length).toBeGreaterThan(10);
  });

  it.each(mutations)('%s: %s %j', (rule, id, path, edit) => {
    const mutated = mutate(rendered, id, path, edit);
    const violations = checkObjects(new Inventory(env, mutated)).violations.map(
      (violation) => violation.rule,
    );
    expect(violations).toContain(rule);
  });

  it('each rule can be violated', () => {
    expect(new Set(mutations.map(([rule]) => rule))).toEqual(new Set(rules));
  });

  it('also checks objects of Helm charts', () => {
    const object = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'a', namespace: 'shop' },
      spec: { containers: [{ name: 'a' }] },
    };
    const { violations } = checkObjects(
      new Inventory(env, [...rendered, { name: 'guest', objects: [object] }]),
    );
    expect(
      new Set(violations.filter(({ component }) => component === 'guest').map(({ rule }) => rule)),
    ).toEqual(
      new Set([
        'non-root',
        'read-only-root',
        'privilege-escalation',
        'capabilities',
        'seccomp',
        'resources',
        'readiness-probe',
        'service-account',
        'token-mount',
      ]),
    );
  });
});

describe('an exception', () => {
  const exceptions = [{ rule: 'readiness-probe' as const, reason: 'Nobody asks it anything.' }];
  const app = testApp({ name: 'worker', exceptions });
  const alone = environment({ apps: [app] });
  const broken = mutate(
    components(alone),
    'Deployment worker/worker',
    container,
    (part) => delete part.readinessProbe,
  );

  it('an exception applies only to its own component and rule', () => {
    expect(checkObjects(new Inventory(alone, broken))).toMatchObject({
      violations: [],
      excepted: [{ rule: 'readiness-probe', component: 'worker', reason: 'Nobody asks it anything.' }],
    });
    const others = environment({ apps: [testApp({ name: 'worker' })] });
    expect(checkObjects(new Inventory(others, broken)).violations.map(({ rule }) => rule)).toEqual([
      'readiness-probe',
    ]);
  });
});

/** A copy of the components in which one part of one object is edited. */
function mutate(given: Component[], id: string, path: string[], edit: Edit): Component[] {
  const copy = structuredClone(given);
  const object = copy.flatMap(({ objects }) => objects).find((candidate) => idOf(candidate) === id);
  const part = path.reduce<unknown>((at, key) => Reflect.get(Object(at), key), object);
  if (typeof part !== 'object' || part === null) throw new Error(`${id} has no ${path.join('.')}`);
  edit(Object(part));
  return copy;
}

function idOf({ kind, metadata: { name, namespace } }: KubeObject): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}

async function repository(): Promise<Environment> {
  const { environments, diagnostics } = await loadGraph(join(import.meta.dirname, '../..'));
  const dev = environments.find(({ name }) => name === 'dev');
  if (dev === undefined) throw new Error(`dev cannot be read: ${JSON.stringify(diagnostics)}`);
  return dev;
}
