import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { field, listField } from '../../charts/kube/field.ts';
import { isIfAbsent } from '../../charts/kube/if-absent.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import type { OperatorInput } from '../../model/operator.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { components } from './components.ts';

const operators = await allOperators();
const apps = [testApp({ name: 'home', exposes: { port: 'http' }, replicas: 2 }), testApp({ name: 'orders' })];

describe.each([
  ['kind', {}],
  ['machines', { provider: { kind: 'machines' }, registry: { overlay: 'tls' } }],
  [
    'aws',
    {
      provider: { kind: 'aws', region: 'eu-central-1', account: '111122223333' },
      registry: { overlay: 'tls' },
    },
  ],
] as const)('lists the components of %s', (provider, cluster) => {
  // With the operators of every store of observability beside each other, whichever of them the collectors send to.
  const env = environment({
    apps,
    operators: operators.filter(({ only }) => only?.includes(provider) ?? true),
    cluster: { ...cluster, observability: { store: 'grafana' } },
  });
  const all = components(env).flatMap(({ objects }) => objects.filter((object) => !isIfAbsent(object)));
  const deployments = all.filter(({ kind }) => kind === 'Deployment');
  const workloads = all.filter(({ kind }) => kind === 'Deployment' || kind === 'DaemonSet');

  it('is the same on every run', () => {
    expect(JSON.stringify(components(env))).toBe(JSON.stringify(components(env)));
  });

  it('has no duplicate objects', () => {
    const ids = all.map(idOf);
    expect(ids.filter((id, index) => ids.indexOf(id) !== index)).toEqual([]);
  });

  it('has a namespace for every object', () => {
    const known = [...named(all, 'Namespace'), 'kube-system', undefined];
    expect(all.filter(({ metadata }) => !known.includes(metadata.namespace)).map(idOf)).toEqual([]);
  });

  it('lets the CA injector write into each webhook that requests it', () => {
    const asking = all.filter(
      ({ metadata }) => metadata.annotations?.['cert-manager.io/inject-ca-from-secret'] !== undefined,
    );
    const role = all.find(
      ({ kind, metadata }) => kind === 'ClusterRole' && metadata.name === 'cert-manager-cainjector',
    );
    const written = listField(role, 'rules').flatMap((rule) => listField(rule, 'resourceNames'));
    expect(new Set(written)).toEqual(new Set(asking.map(({ metadata }) => metadata.name)));
  });

  it('labels every object as part of Plinth', () => {
    const labels = all.map(({ metadata }) => metadata.labels?.['app.kubernetes.io/part-of']);
    expect(new Set(labels)).toEqual(new Set(['plinth']));
  });

  it.each(deployments.map((deployment) => [idOf(deployment), deployment]))(
    '%s is well-formed',
    (_id, given) => {
      const pod = field(given, 'spec', 'template', 'spec');
      expect(field(given, 'spec', 'template', 'metadata', 'labels')).toMatchObject(
        Object(field(given, 'spec', 'selector', 'matchLabels')),
      );
      expect(pod).toMatchObject({
        automountServiceAccountToken: expect.any(Boolean),
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(field(pod, 'securityContext', 'runAsUser')).toBeGreaterThan(0);
      expect(named(all, 'ServiceAccount')).toContain(field(pod, 'serviceAccountName'));
      const mounts = listField(pod, 'containers').flatMap((container) =>
        listField(container, 'volumeMounts'),
      );
      expect(new Set(listField(pod, 'volumes').map((volume) => field(volume, 'name')))).toEqual(
        new Set(mounts.map((mount) => field(mount, 'name'))),
      );
      for (const container of listField(pod, 'containers')) {
        expect(field(container, 'securityContext')).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          readOnlyRootFilesystem: true,
        });
        expect(field(container, 'resources', 'limits', 'memory')).toBeDefined();
        const ports = listField(container, 'ports').map((port) => field(port, 'name'));
        for (const probe of ['readinessProbe', 'livenessProbe'].map((kind) => field(container, kind))) {
          const port = field(probe, 'httpGet', 'port') ?? field(probe, 'tcpSocket', 'port');
          if (port !== undefined) expect(ports).toContain(port);
        }
      }
    },
  );

  it('has pods with the target port for every Service', () => {
    for (const service of all.filter(({ kind }) => kind === 'Service')) {
      const behind = workloads.filter(
        (deployment) =>
          deployment.metadata.namespace === service.metadata.namespace &&
          field(deployment, 'metadata', 'name') ===
            field(service, 'spec', 'selector', 'app.kubernetes.io/name'),
      );
      expect(behind).toHaveLength(1);
      const ports = listField(behind[0], 'spec', 'template', 'spec', 'containers', 0, 'ports');
      for (const port of listField(service, 'spec', 'ports')) {
        expect(ports.map((given) => field(given, 'name'))).toContain(field(port, 'targetPort'));
      }
    }
  });

  it('leaves half of two cores to the apps', () => {
    const operatorsOnly = components({ ...env, apps: [] }).flatMap(({ objects }) => objects);
    const cpu = operatorsOnly.map((object) =>
      field(object, 'spec', 'template', 'spec', 'containers', 0, 'resources', 'requests', 'cpu'),
    );
    const total = cpu.reduce<number>((sum, value) => sum + Number.parseInt(`${value ?? 0}`, 10), 0);
    expect(total).toBeLessThan(1000);
  });
});

describe('components', () => {
  it('has no Git server if the source is elsewhere', () => {
    const source = { kind: 'git', url: 'https://git.example.org/platform.git' };
    const names = (cluster: object) =>
      components(environment({ operators, cluster: { observability: { store: 'light' }, ...cluster } })).map(
        ({ name }) => name,
      );
    const elsewhere = names({ source });
    const here = names({});
    expect(here.filter((name) => !elsewhere.includes(name))).toEqual(['git-server']);
  });

  it('refuses an operator without a chart', () => {
    const operator = { name: 'novel', summary: 'New.', namespace: 'novel' };
    expect(() => components(environment({ operators: [operator] }))).toThrow('operators/novel has no chart');
  });

  it('refuses an image that the lock file lacks', () => {
    const env = environment({ operators });
    expect(() => components({ ...env, lock: { ...env.lock, images: {} } })).toThrow(
      "has no image 'alertmanager'",
    );
  });
});

async function allOperators(): Promise<OperatorInput[]> {
  const folder = new URL('../../operators/', import.meta.url);
  const files = globSync('*/operator.ts', { cwd: folder });
  return Promise.all(
    files.sort().map(async (file): Promise<OperatorInput> => {
      const module: { default: OperatorInput } = await import(new URL(file, folder).href);
      return module.default;
    }),
  );
}

function idOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

function named(objects: KubeObject[], wanted: string): string[] {
  return objects.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
}
