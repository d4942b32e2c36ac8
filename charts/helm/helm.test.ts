import { describe, expect, it } from 'vitest';
import { operatorSchema } from '../../model/operator.ts';
import type { HelmChart } from '../../model/schema/helm-chart.ts';
import { find } from '../../test/charts/find.ts';
import { environment } from '../../test/charts/fixture.ts';
import { checkObjects } from '../checks/check.ts';
import { Inventory } from '../checks/inventory.ts';
import { field, listField } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { order } from '../order/order.ts';
import { accessFor } from './access.ts';
import { chartComponent, extraComponent } from './component.ts';
import { networkFaults } from './network.ts';
import { releaseIn, releaseObject, releaseOf, sourceObject } from './release.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const rbac = 'rbac.authorization.k8s.io/v1';

function operatorWith(chart: object, more: object = {}) {
  const parsed = operatorSchema.parse({
    name: 'watcher',
    summary: 'Watches.',
    namespace: 'watching',
    chart: { oci: 'oci://quay.io/team/watcher', version: '1.2.3+a', digest, ...chart },
    ...more,
  });
  return { ...parsed, extraObjects: [] };
}

function chartOf(operator: ReturnType<typeof operatorWith>): HelmChart {
  if (operator.chart === undefined) throw new Error('no chart');
  return operator.chart;
}

const labels = { app: 'watcher' };
const namespace = 'watching';
/** Possible objects of a chart: a workload with an account and rights, a kind of its own, a webhook. */
const templated: KubeObject[] = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'sightings.watcher.example.org' },
    spec: {
      group: 'watcher.example.org',
      names: { kind: 'Sighting', plural: 'sightings' },
      scope: 'Namespaced',
    },
  },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'watcher', namespace } },
  {
    apiVersion: rbac,
    kind: 'ClusterRole',
    metadata: { name: 'watcher' },
    rules: [{ apiGroups: ['watcher.example.org'], resources: ['sightings'], verbs: ['get', 'list'] }],
  },
  {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    metadata: { name: 'watcher' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'watcher' },
    subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace }],
  },
  {
    apiVersion: rbac,
    kind: 'RoleBinding',
    metadata: { name: 'watcher-auth', namespace: 'kube-system' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'Role',
      name: 'extension-apiserver-authentication-reader',
    },
    subjects: [{ kind: 'ServiceAccount', name: 'watcher', namespace }],
  },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'watcher', namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels: { ...labels, more: 'yes' } },
        spec: {
          serviceAccountName: 'watcher',
          containers: [
            { name: 'watcher', image: 'quay.io/team/watcher:v1.2.3', ports: [{ containerPort: 9443 }] },
          ],
        },
      },
    },
  },
];

describe('a release', () => {
  it.each<[string, Parameters<typeof operatorWith>[0]]>([
    ['in a registry', { values: { replicas: 2 } }],
    ['in a repository', {}],
  ])('the release of %s is found again in its manifests', (where, chart) => {
    const operator = operatorWith(chart);
    const place =
      where === 'in a registry'
        ? chartOf(operator)
        : operatorSchema.parse({
            name: operator.name,
            summary: operator.summary,
            namespace: operator.namespace,
            chart: { repository: 'https://charts.example.org', name: 'watcher', version: '1.2.3', digest },
          }).chart;
    if (place === undefined) throw new Error('no chart');
    const release = releaseOf(operator, place);
    const found = releaseIn(releaseObject(release), [sourceObject(release)]);
    const tag = release.chart.version.replace('+', '_');
    expect(found).toEqual({
      ...release,
      chart: { ...release.chart, version: 'oci' in place ? tag : '1.2.3' },
    });
  });

  it('comes from the mirror if artifacts do, with the same release', () => {
    const release = releaseOf(operatorWith({}), chartOf(operatorWith({})));
    const source = sourceObject(release, 'mirror');
    expect(source).toMatchObject({
      spec: { url: 'oci://plinth-registry:5000/quay.io/team/watcher', insecure: true, ref: { digest } },
    });
    expect(releaseIn(releaseObject(release), [source])?.chart).toMatchObject({
      oci: 'oci://quay.io/team/watcher',
    });
  });

  it('is pinned by the digest of its chart, and installed by its own account', () => {
    const release = releaseOf(operatorWith({}), chartOf(operatorWith({})));
    expect(sourceObject(release)).toMatchObject({
      kind: 'OCIRepository',
      spec: { url: 'oci://quay.io/team/watcher', ref: { tag: '1.2.3_a', digest } },
    });
    expect(releaseObject(release)).toMatchObject({
      metadata: { namespace: 'flux-system' },
      spec: {
        targetNamespace: 'watching',
        serviceAccountName: 'helm-watcher',
        chartRef: { name: 'watcher' },
      },
    });
  });
});

describe('the account of a release', () => {
  const { cluster, namespaces } = accessFor(namespace, templated);

  it("may create and change the chart's objects, by name, and no others", () => {
    expect(cluster).toContainEqual({
      apiGroups: ['apiextensions.k8s.io'],
      resources: ['customresourcedefinitions'],
      resourceNames: ['sightings.watcher.example.org'],
      verbs: ['get', 'update', 'patch', 'delete'],
    });
    const changing = [...cluster, ...[...namespaces.values()].flat()].filter(
      ({ verbs, resources }) => verbs.includes('patch') && !resources?.includes('secrets'),
    );
    expect(changing.filter(({ resourceNames = [] }) => resourceNames.length === 0)).toEqual([]);
    expect([...namespaces.keys()].sort()).toEqual(['kube-system', 'watching']);
  });

  it("has the rules of the chart's roles, and no verb that escalates", () => {
    expect(cluster).toContainEqual({
      apiGroups: ['watcher.example.org'],
      resources: ['sightings'],
      verbs: ['get', 'list'],
    });
    const verbs = [...cluster, ...[...namespaces.values()].flat()].flatMap((rule) => rule.verbs);
    expect(verbs).not.toContain('escalate');
    expect(verbs).not.toContain('*');
  });

  it('may bind existing roles only by name, and only those that the chart binds', () => {
    expect(namespaces.get('kube-system')).toContainEqual({
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['roles'],
      resourceNames: ['extension-apiserver-authentication-reader'],
      verbs: ['bind'],
    });
    expect(cluster.filter(({ verbs }) => verbs.includes('bind'))).toEqual([]);
  });
});

describe('the component of a chart', () => {
  const operator = operatorWith({
    network: {
      watcher: {
        calls: [{ to: 'kubernetes-api' }, { to: { namespace: 'orders', workload: 'orders' }, port: 8080 }],
        answers: [{ to: 'kubernetes-api', port: 9443 }],
      },
    },
  });
  const made = chartComponent(environment(), operator, chartOf(operator), templated);

  it('allows only declared flows, by the labels of the chart', () => {
    expect(field(find(made, 'NetworkPolicy', 'default-deny'), 'spec')).toEqual({
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
    });
    const declared = find(made, 'NetworkPolicy', 'watcher-declared');
    expect(field(declared, 'spec', 'podSelector', 'matchLabels')).toEqual(labels);
    expect(listField(declared, 'spec', 'ingress')).toEqual([{ ports: [{ port: 9443, protocol: 'TCP' }] }]);
    expect(
      listField(declared, 'spec', 'egress').map((flow) =>
        listField(flow, 'ports').map((port) => field(port, 'port')),
      ),
    ).toEqual([[6443], [8080], [53, 53]]);
  });

  it('has a namespace that refuses pods with more rights than needed', () => {
    expect(field(find(made, 'Namespace', 'watching'), 'metadata', 'labels')).toMatchObject({
      'pod-security.kubernetes.io/enforce': 'restricted',
    });
  });

  it('keeps the account until the release is uninstalled, and writes no object of the chart', () => {
    const access = made.objects.filter(({ kind }) => /Role|ServiceAccount/.test(kind));
    expect(access.length).toBeGreaterThan(4);
    for (const { metadata } of access)
      expect(metadata.annotations).toMatchObject({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    expect(made.objects.map(({ kind }) => kind)).not.toContain('Deployment');
    expect(made.templated).toBe(templated);
  });

  it('lets only helm-controller impersonate that account', () => {
    const role = made.objects.find(
      ({ kind, metadata }) => kind === 'Role' && metadata.namespace === 'flux-system',
    );
    expect(role?.rules).toEqual([
      {
        apiGroups: [''],
        resources: ['serviceaccounts'],
        resourceNames: ['helm-watcher'],
        verbs: ['impersonate'],
      },
    ]);
  });

  it("is checked like all components, and a violation names the chart's values as the fix", () => {
    const env = { ...environment(), operators: [operator] };
    const { violations } = checkObjects(new Inventory(env, [made]));
    const rules = new Set(violations.map(({ rule }) => rule));
    expect([...rules]).toEqual(expect.arrayContaining(['non-root', 'resources', 'readiness-probe']));
    expect([...rules].filter((rule) => rule.startsWith('rbac'))).toEqual([]);
    const unused = violations.filter(({ rule }) => rule === 'unused-rights').map(({ what }) => what);
    expect(unused.filter((what) => what.includes('flux-system/helm-watcher'))).toEqual([]);
    const nonRoot = violations.find(({ rule }) => rule === 'non-root');
    expect(nonRoot).toMatchObject({ object: 'Deployment watching/watcher', field: ['chart', 'values'] });
    expect(nonRoot?.fix).toMatch(/^in the chart's values, /);
  });

  it('provides its kinds before objects of them', () => {
    const extraObjects = [
      { apiVersion: 'watcher.example.org/v1', kind: 'Sighting', metadata: { name: 'first', namespace } },
    ];
    const beside = extraComponent({ ...operator, extraObjects });
    if (beside === undefined) throw new Error('no objects');
    const helmController = operatorSchema.parse({
      name: 'helm-controller',
      summary: 'Installs.',
      namespace: 'flux-system',
      provides: { kinds: ['HelmRelease.helm.toolkit.fluxcd.io', 'OCIRepository.source.toolkit.fluxcd.io'] },
    });
    const env = {
      ...environment(),
      operators: [operator, { ...helmController, extraObjects: [] }],
    };
    const controller = {
      name: 'helm-controller',
      objects: [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'flux-system' } },
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'helm-controller', namespace: 'flux-system' },
        },
      ],
    };
    const { kustomizations, diagnostics } = order(env, [made, beside, controller]);
    expect(diagnostics).toEqual([]);
    expect(kustomizations.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['helm-controller', []],
      ['watcher', ['helm-controller']],
      ['watcher-extra', ['watcher']],
    ]);
  });
});

it('refuses flows of a workload that the chart does not have', () => {
  const operator = operatorWith({ network: { wacher: {} } });
  expect(networkFaults(chartOf(operator), templated)).toMatchObject([
    {
      path: ['chart', 'network', 'wacher'],
      words: { code: 'no-such-workload', fix: "did you mean 'watcher'?" },
    },
  ]);
});
