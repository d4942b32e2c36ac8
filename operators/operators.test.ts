import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { field, listField } from '../charts/kube/field.ts';
import type { Component } from '../charts/kube/kube-object.ts';
import { find } from '../test/charts/find.ts';
import { environment, testApp } from '../test/charts/fixture.ts';
import { chart as flux } from './flux/chart.ts';
import { chart as gitServer } from './git-server/chart.ts';
import { chart as helmController } from './helm-controller/chart.ts';
import { chart as localPath } from './local-path/chart.ts';
import { chart as metricsServer } from './metrics-server/chart.ts';
import { chart as registry } from './registry/chart.ts';
import { chart as registryDoor } from './registry-door/chart.ts';
import { chart as traefik } from './traefik/chart.ts';

function pod(component: Component, deployment: string): unknown {
  return field(find(component, 'Deployment', deployment), 'spec', 'template', 'spec');
}

function args(component: Component, deployment: string): unknown[] {
  return listField(pod(component, deployment), 'containers', 0, 'args');
}

describe('flux', () => {
  const component = flux(environment());

  it('serves artifacts to its own namespace only', () => {
    expect(field(find(component, 'NetworkPolicy', 'source-controller'), 'spec', 'ingress')).toEqual([
      {
        from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'flux-system' } } }],
        ports: [{ port: 9090, protocol: 'TCP' }],
      },
    ]);
  });

  it('only kustomize-controller is an administrator; the others have no rights elsewhere', () => {
    const bindings = component.objects.filter(({ kind }) => kind === 'ClusterRoleBinding');
    expect(
      bindings.map((binding) => [field(binding, 'subjects', 0, 'name'), field(binding, 'roleRef', 'name')]),
    ).toEqual([['kustomize-controller', 'cluster-admin']]);
  });

  it.each([
    ['source-controller', component],
    ['kustomize-controller', component],
    ['helm-controller', helmController(environment())],
  ])('%s ignores objects in other namespaces', (name, its) => {
    expect(args(its, name)).toContain('--watch-all-namespaces=false');
  });
});

describe('traefik', () => {
  const component = traefik(environment({ apps: [testApp({ name: 'shop', exposes: { port: 'http' } })] }));

  it('has each listener on the port of an entry point', () => {
    const listeners = listField(find(component, 'Gateway', 'gateway'), 'spec', 'listeners');
    expect(listeners.map((each) => field(each, 'name'))).toEqual(['http', 'https']);
    for (const each of listeners) {
      const [name, port] = [field(each, 'name'), field(each, 'port')];
      expect(args(component, 'traefik')).toContain(`--entryPoints.${name}.address=:${port}`);
    }
  });

  it('uses the node ports that Kind maps', () => {
    const ports = field(find(component, 'Service', 'traefik'), 'spec', 'ports');
    expect(ports).toEqual([
      { name: 'http', port: 80, targetPort: 'http', nodePort: 30080, protocol: 'TCP' },
      { name: 'https', port: 443, targetPort: 'https', nodePort: 30443, protocol: 'TCP' },
    ]);
  });

  it('serves no dashboard', () => {
    expect(args(component, 'traefik').filter((arg) => `${arg}`.startsWith('--api'))).toEqual([]);
  });
});

describe('registry', () => {
  const overlay = (kind: 'http' | 'tls') =>
    registry(environment({ cluster: { registry: { overlay: kind } } }));
  const configuration = (component: Component): unknown =>
    parse(`${field(find(component, 'ConfigMap', 'registry'), 'data', 'config.yml')}`);

  it('serves plain HTTP with the overlay http', () => {
    const component = overlay('http');
    expect(field(configuration(component), 'http', 'addr')).toBe(':5000');
    expect(field(pod(component, 'registry'), 'containers', 0, 'readinessProbe', 'httpGet', 'scheme')).toBe(
      'HTTP',
    );
  });

  it('is behind its proxy in the overlay tls, which alone has the certificate, the CA of the nodes and the logins', () => {
    const component = overlay('tls');
    expect(field(configuration(component), 'http')).toMatchObject({
      addr: '127.0.0.1:5002',
      relativeurls: true,
    });
    const [door, behind] = listField(pod(component, 'registry'), 'containers');
    const mounts = (container: unknown) =>
      listField(container, 'volumeMounts').map((mount) => field(mount, 'name'));
    expect(mounts(door)).toEqual(['data', 'certificate', 'nodes', 'logins']);
    expect(mounts(behind)).toEqual(['config', 'data']);
    expect(field(find(component, 'Certificate', 'registry-tls'), 'spec', 'dnsNames')).toEqual([
      'registry.test.localhost',
      'plinth-test-control-plane',
      'registry.registry.svc.cluster.local',
      'registry.registry.svc',
    ]);
  });

  it('has a clean-up on the node of its volume that keeps the images of manifests and of possible roll-backs, with their signatures', () => {
    const digest = (figure: string) => `sha256:${figure.repeat(64)}`;
    const app = {
      ...testApp({ name: 'shop' }),
      imageRef: `registry.test.localhost/shop:abc@${digest('1')}`,
      migrationsRef: 'registry.test.localhost/shop-migrations:def',
      publishedImages: [`shop@${digest('1')}`, `shop@${digest('2')}`],
    };
    const env = environment({
      apps: [app, testApp({ name: 'upstream' })],
      cluster: { registry: { overlay: 'tls', keep: '2d' } },
    });
    const component = registryDoor(env);
    if (component === undefined) throw new Error('no door');
    expect(field(find(component, 'ConfigMap', 'registry-cleanup'), 'data', 'keep')).toBe(
      [
        'shop-migrations:def',
        ...['1', '2'].flatMap((figure) =>
          ['att', 'sig'].map((kind) => `shop:sha256-${figure.repeat(64)}.${kind}`),
        ),
        `shop@${digest('1')}`,
        `shop@${digest('2')}`,
        '',
      ].join('\n'),
    );
    const spec = field(find(component, 'CronJob', 'registry-cleanup'), 'spec', 'jobTemplate', 'spec');
    const steps = listField(spec, 'template', 'spec', 'initContainers');
    expect(steps.map((step) => listField(step, 'args')[0])).toEqual(['close', 'garbage-collect']);
    expect(listField(steps[0], 'args')).toContain('--age=48h');
    expect(listField(spec, 'template', 'spec', 'containers', 0, 'args')[0]).toBe('open');
  });

  it('allows nodes to read its CA certificates and nothing else', () => {
    const component = registryDoor(environment({ cluster: { registry: { overlay: 'tls' } } }));
    if (component === undefined) throw new Error('no door');
    const rules = listField(find(component, 'Role', 'registry-trust'), 'rules');
    expect(rules).toEqual([
      { apiGroups: [''], resources: ['configmaps'], resourceNames: ['registry-trust'], verbs: ['get'] },
    ]);
    expect(listField(find(component, 'RoleBinding', 'registry-trust'), 'subjects')).toEqual([
      { kind: 'Group', name: 'system:nodes', apiGroup: 'rbac.authorization.k8s.io' },
    ]);
    expect(registryDoor(environment())).toBeUndefined();
  });

  it('restarts when its configuration changes', () => {
    const [http, tls] = (['http', 'tls'] as const).map((kind) =>
      field(find(overlay(kind), 'Deployment', 'registry'), 'spec', 'template', 'metadata', 'annotations'),
    );
    expect(http).not.toEqual(tls);
  });
});

describe('git-server', () => {
  const component = gitServer(environment({ cluster: { source: { kind: 'in-cluster', storage: '3Gi' } } }));
  if (!component) throw new Error('no Git server');

  it('may change only one GitRepository', () => {
    const roles = component.objects.filter(({ kind }) => kind.endsWith('Role'));
    expect(roles.map(({ kind, metadata, rules }) => [kind, metadata.namespace, rules])).toEqual([
      [
        'Role',
        'flux-system',
        [
          {
            apiGroups: ['source.toolkit.fluxcd.io'],
            resources: ['gitrepositories'],
            resourceNames: ['platform'],
            verbs: ['get', 'patch'],
          },
        ],
      ],
    ]);
  });

  it('stores pushes on a volume of the requested size', () => {
    const claim = find(component, 'PersistentVolumeClaim', 'git-server');
    expect(field(claim, 'spec', 'resources', 'requests', 'storage')).toBe('3Gi');
  });
});

describe('metrics-server', () => {
  it('skips verification of kubelets in Kind only', () => {
    const on = (provider: object) =>
      args(metricsServer(environment({ cluster: { provider } })), 'metrics-server');
    expect(on({ kind: 'kind' })).toContain('--kubelet-insecure-tls');
    expect(on({ kind: 'machines' })).not.toContain('--kubelet-insecure-tls');
  });
});

describe('local-path', () => {
  const component = localPath(environment());

  it('is the default class, and waits for the pod, which decides on the node', () => {
    expect(find(component, 'StorageClass', 'standard')).toMatchObject({
      volumeBindingMode: 'WaitForFirstConsumer',
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    });
  });

  it('creates folders with the image of the lock file, without a token', () => {
    const data = field(find(component, 'ConfigMap', 'local-path-config'), 'data');
    expect(parse(`${field(data, 'helperPod.yaml')}`)).toMatchObject({
      spec: {
        automountServiceAccountToken: false,
        containers: [
          { image: 'example.org/debian:v1.0.0', securityContext: { readOnlyRootFilesystem: true } },
        ],
      },
    });
  });
});
