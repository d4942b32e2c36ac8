import { describe, expect, it } from 'vitest';
import type { AppInput } from '../../model/app.ts';
import type { AppFile } from '../../model/reading/app-files.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { shortages } from '../checks/capacity.ts';
import { checkObjects } from '../checks/check.ts';
import { Inventory } from '../checks/inventory.ts';
import { field } from '../kube/field.ts';
import { appComponent, gatingJob } from './app.ts';

const container = ['spec', 'template', 'spec', 'containers', 0] as const;
const init = ['spec', 'template', 'spec', 'initContainers'] as const;
const template = ['spec', 'template'] as const;
const resources = { cpu: '10m', memory: '16Mi' };
const lowPort = { rule: 'low-port', reason: 'Resolvers ask this port alone.' } as const;
/** An app without ports. */
const worker: Partial<AppInput> = { ports: {}, probes: {} };

function rendered(given: Partial<AppInput>, fileContents: AppFile[] = [], nodes?: object) {
  const app = { ...testApp({ name: 'shop', ...given }), fileContents };
  const env = environment({ apps: [app], cluster: { apps: { shop: null }, ...nodes } });
  const components = [gatingJob(env, app), appComponent(env, app)].filter((each) => each !== undefined);
  const inventory = new Inventory(env, components);
  return {
    component: appComponent(env, app),
    job: gatingJob(env, app),
    rules: checkObjects(inventory).violations.map(({ rule }) => rule),
    shortages: shortages(inventory).map(({ code }) => code),
  };
}

describe('a gradual roll-out', () => {
  const spec = (given: Partial<AppInput>) => {
    const { component } = rendered({ rollout: { watch: '2m' }, ...given });
    return field(find(component, 'Deployment', 'shop'), 'spec');
  };

  it('replaces one pod at a time, waits until the new one was ready for so long, and fails without progress', () => {
    expect(spec({ replicas: 3 })).toMatchObject({
      replicas: 3,
      minReadySeconds: 120,
      progressDeadlineSeconds: 720,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
    });
  });

  it('also watches a worker, which has no probe', () => {
    expect(spec(worker)).toMatchObject({ minReadySeconds: 120, progressDeadlineSeconds: 720 });
  });

  it('is absent unless app.ts asks for it', () => {
    const deployment = find(rendered({}).component, 'Deployment', 'shop');
    expect(field(deployment, 'spec', 'progressDeadlineSeconds')).toBeUndefined();
    expect(field(deployment, 'spec', 'minReadySeconds')).toBeUndefined();
  });
});

describe('a process', () => {
  it('starts with the written command and arguments, without expanding $(NAME)', () => {
    const { component } = rendered({ command: ['serve'], args: ['--greeting', '$(HOME) $$'] });
    const deployment = find(component, 'Deployment', 'shop');
    expect(field(deployment, ...container, 'command')).toEqual(['serve']);
    expect(field(deployment, ...container, 'args')).toEqual(['--greeting', '$$(HOME) $$$']);
  });

  it('as root needs an exception, and its pod and namespace allow it', () => {
    const { component, rules } = rendered({ user: 0 });
    const pod = field(find(component, 'Deployment', 'shop'), ...template, 'spec');
    expect(field(pod, 'securityContext')).toMatchObject({ runAsNonRoot: false, runAsUser: 0 });
    const labels = field(find(component, 'Namespace', 'shop'), 'metadata', 'labels');
    expect(labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'baseline' });
    expect(rules).toEqual(['non-root']);
  });

  it.each<[string, Partial<AppInput>, string]>([
    ['writes to its image', { readOnlyRoot: false }, 'read-only-root'],
    ['keeps capabilities', { capabilities: ['CHOWN'] }, 'capabilities'],
    ['listens below port 1024', { ports: { http: { port: 80 } } }, 'low-port'],
  ])('that %s needs an exception, and then breaks no other rule', (_, given, rule) => {
    expect(rendered(given).rules).toEqual([rule]);
    const exceptions = [{ rule, reason: 'The image was made by others.' }] as AppInput['exceptions'];
    expect(rendered({ ...given, ...(exceptions ? { exceptions } : {}) }).rules).toEqual([]);
  });

  it('that listens below port 1024 needs no capability', () => {
    const deployment = find(rendered({ ports: { http: { port: 80 } } }).component, 'Deployment', 'shop');
    expect(field(deployment, ...template, 'spec', 'securityContext', 'sysctls')).toEqual([
      { name: 'net.ipv4.ip_unprivileged_port_start', value: '80' },
    ]);
    expect(field(deployment, ...container, 'securityContext', 'capabilities')).toEqual({ drop: ['ALL'] });
  });

  it('without ports counts as available after some seconds, and has no Service', () => {
    const { component, rules } = rendered(worker);
    expect(field(find(component, 'Deployment', 'shop'), 'spec', 'minReadySeconds')).toBe(10);
    expect(component.objects.map(({ kind }) => kind)).not.toContain('Service');
    expect(rules).toEqual([]);
  });
});

describe('probes', () => {
  it('probes use HTTP, TCP, gRPC and commands, with their timing', () => {
    const { component } = rendered({
      ports: { http: { port: 8080 }, grpc: { port: 9000 } },
      probes: {
        ready: { grpc: 'grpc', service: 'shop', timeout: 7 },
        live: { exec: ['true'], period: 30 },
        startup: { tcp: 'http' },
      },
    });
    const given = field(find(component, 'Deployment', 'shop'), ...container);
    expect(field(given, 'readinessProbe')).toMatchObject({
      grpc: { port: 9000, service: 'shop' },
      timeoutSeconds: 7,
    });
    expect(field(given, 'livenessProbe')).toMatchObject({ exec: { command: ['true'] }, periodSeconds: 30 });
    expect(field(given, 'startupProbe')).toMatchObject({ tcpSocket: { port: 'http' }, failureThreshold: 30 });
  });
});

describe('files', () => {
  const files = { '/etc/shop/a.conf': 'files/a.conf', '/etc/b': 'b' };
  const contents = (text: string): AppFile[] => [
    { path: 'b', binary: 'AA==' },
    { path: 'files/a.conf', text },
  ];

  it('files become a ConfigMap, each mounted separately and read-only', () => {
    const { component } = rendered({ files }, contents('a=1\n'));
    const map = find(component, 'ConfigMap', 'shop-files');
    expect(map.data).toEqual({ 'files__a.conf': 'a=1\n' });
    expect(map.binaryData).toEqual({ b: 'AA==' });
    expect(field(find(component, 'Deployment', 'shop'), ...container, 'volumeMounts')).toContainEqual({
      name: 'files',
      mountPath: '/etc/shop/a.conf',
      subPath: 'files__a.conf',
      readOnly: true,
    });
  });

  it('files replace the pods when their content changes, and only then', () => {
    const mark = (text: string) =>
      field(
        find(rendered({ files }, contents(text)).component, 'Deployment', 'shop'),
        ...template,
        'metadata',
        'annotations',
      );
    expect(mark('a=1\n')).toEqual(mark('a=1\n'));
    expect(mark('a=2\n')).not.toEqual(mark('a=1\n'));
  });
});

describe('temporary space', () => {
  it('temporary space has its size, on disk or in memory', () => {
    const { component } = rendered({
      temporary: { '/tmp': '1Gi', '/dev/shm': { size: '16Mi', memory: true } },
    });
    expect(field(find(component, 'Deployment', 'shop'), ...template, 'spec', 'volumes')).toEqual([
      { name: 'temporary-0', emptyDir: { sizeLimit: '1Gi' } },
      { name: 'temporary-1', emptyDir: { sizeLimit: '16Mi', medium: 'Memory' } },
    ]);
  });
});

describe('containers beside the app', () => {
  const given: Partial<AppInput> = {
    env: { MODE: 'shop', LEVEL: 'info' },
    init: [
      { name: 'migrate', command: ['migrate'], env: { LEVEL: 'debug' }, resources },
      { name: 'fetch', image: { ref: 'example.org/fetch:1' }, env: { FROM: 'x' }, resources },
    ],
    sidecars: [
      {
        name: 'proxy',
        image: { ref: 'example.org/proxy:1' },
        user: 101,
        ports: { admin: { port: 9901 } },
        probes: { ready: { path: '/ready', port: 'admin' } },
        resources: { cpu: '20m', memory: '32Mi' },
      },
    ],
  };
  const deployment = find(rendered(given).component, 'Deployment', 'shop');

  it('are init containers and then sidecars, as Kubernetes defines them', () => {
    const names = [0, 1, 2].map((i) => [
      field(deployment, ...init, i, 'name'),
      field(deployment, ...init, i, 'restartPolicy'),
    ]);
    expect(names).toEqual([
      ['migrate', undefined],
      ['fetch', undefined],
      ['proxy', 'Always'],
    ]);
    expect(field(deployment, ...init, 2, 'readinessProbe')).toMatchObject({ httpGet: { port: 'admin' } });
    expect(field(deployment, ...init, 2, 'securityContext')).toMatchObject({
      runAsUser: 101,
      runAsNonRoot: true,
    });
  });

  it("have the app's variables in the app's own image only, and their own variables take precedence", () => {
    expect(field(deployment, ...init, 0, 'env')).toEqual([
      { name: 'MODE', value: 'shop' },
      { name: 'LEVEL', value: 'debug' },
    ]);
    expect(field(deployment, ...init, 1, 'env')).toEqual([{ name: 'FROM', value: 'x' }]);
  });

  it('count like in the scheduler: sidecars in addition to the app, init containers one at a time', () => {
    const large = { cpu: '1800m', memory: '16Mi', reason: 'It compiles the shop.' };
    const nodes = { nodes: [{ name: 'one', role: 'control-plane', cpu: '2' }] };
    const step = rendered({ init: [{ name: 'compile', resources: large }] }, [], nodes);
    expect(step.shortages).toContain('pod-too-large');
    const small = { cpu: '300m', memory: '16Mi', reason: 'It compiles the shop.' };
    const two = [
      { name: 'a', resources: small },
      { name: 'b', resources: small },
    ];
    expect(rendered({ init: two }, [], nodes).shortages).toEqual([]);
    expect(rendered({ sidecars: two }, [], nodes).shortages).not.toEqual([]);
  });
});

describe('a scheduled app', () => {
  it('is a CronJob without callers, with a deadline for each run', () => {
    const { component, rules } = rendered({
      ...worker,
      schedule: { cron: '30 2 * * *', timeZone: 'Europe/Berlin', deadline: '20m', retries: 2 },
    });
    const spec = field(find(component, 'CronJob', 'shop'), 'spec');
    expect(spec).toMatchObject({
      schedule: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 600,
      jobTemplate: { spec: { backoffLimit: 2, activeDeadlineSeconds: 1200 } },
    });
    expect(component.objects.map(({ kind }) => kind)).not.toContain('Deployment');
    expect(rules).toEqual([]);
  });
});

describe('a job that gates the roll-out', () => {
  const given: Partial<AppInput> = {
    env: { MODE: 'shop' },
    job: { command: ['migrate'], env: { STEP: 'all' }, resources },
  };

  it('is a separate component, on which the app depends', () => {
    const { component, job, rules } = rendered(given);
    const object = job?.objects.find(({ kind }) => kind === 'Job');
    expect(object?.metadata.name).toMatch(/^shop-job-[0-9a-f]{10}$/);
    expect(find(component, 'Deployment', 'shop').metadata.annotations?.['plinth.io/after']).toBe(
      `Job shop/${object?.metadata.name}`,
    );
    expect(field(object, ...container, 'env')).toEqual([
      { name: 'MODE', value: 'shop' },
      { name: 'STEP', value: 'all' },
    ]);
    expect(rules).toEqual([]);
  });

  it('gets a new name with another image, variable or file, but not with another number of replicas', () => {
    const name = (more: Partial<AppInput>, contents: AppFile[] = []) =>
      rendered({ ...given, ...more }, contents).job?.objects.find(({ kind }) => kind === 'Job')?.metadata
        .name;
    expect(name({ replicas: 2 })).toBe(name({}));
    expect(name({ env: { MODE: 'other' } })).not.toBe(name({}));
    const files = { '/etc/a': 'a' };
    expect(name({ files }, [{ path: 'a', text: '1' }])).not.toBe(name({ files }, [{ path: 'a', text: '2' }]));
  });
});

describe('volumes', () => {
  it("with per: 'app' are one claim that Flux never prunes, and the pod never runs twice", () => {
    const { component, rules } = rendered({
      volumes: { data: { path: '/data', size: '2Gi', class: 'fast' } },
    });
    const claim = find(component, 'PersistentVolumeClaim', 'shop-volume-data');
    expect(claim.metadata.annotations).toEqual({ 'kustomize.toolkit.fluxcd.io/prune': 'disabled' });
    expect(claim.spec).toMatchObject({
      storageClassName: 'fast',
      resources: { requests: { storage: '2Gi' } },
    });
    const deployment = find(component, 'Deployment', 'shop');
    expect(field(deployment, 'spec', 'strategy')).toEqual({ type: 'Recreate' });
    expect(field(deployment, ...template, 'spec', 'securityContext', 'fsGroup')).toBe(65532);
    expect(rules).toEqual([]);
  });

  it("with per: 'replica' make a StatefulSet, whose pods call each other by name", () => {
    const { component, rules } = rendered({
      replicas: 3,
      volumes: { data: { path: '/data', size: '2Gi', per: 'replica' } },
    });
    const set = find(component, 'StatefulSet', 'shop');
    expect(field(set, 'spec')).toMatchObject({
      replicas: 3,
      serviceName: 'shop-pods',
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    });
    expect(field(set, 'spec', 'volumeClaimTemplates', 0, 'metadata', 'name')).toBe('volume-data');
    expect(field(find(component, 'Service', 'shop-pods'), 'spec', 'clusterIP')).toBe('None');
    const own = { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'shop' } } };
    const policy = find(component, 'NetworkPolicy', 'shop');
    expect(field(policy, 'spec', 'ingress', 0, 'from', 0)).toMatchObject(own);
    expect(field(policy, 'spec', 'egress', 1, 'to', 0)).toMatchObject(own);
    expect(rules).toEqual([]);
  });
});

describe('replicas by load', () => {
  const replicas = { min: 2, max: 4, cpu: 70 };

  it('are set by an autoscaler, and not in the manifest of the Deployment', () => {
    const { component, rules } = rendered({ replicas });
    expect(Object.keys(Object(find(component, 'Deployment', 'shop').spec))).not.toContain('replicas');
    const scaler = find(component, 'HorizontalPodAutoscaler', 'shop');
    expect(scaler.apiVersion).toBe('autoscaling/v2');
    expect(scaler.spec).toMatchObject({ minReplicas: 2, maxReplicas: 4 });
    expect(field(scaler, 'spec', 'metrics', 0, 'containerResource')).toEqual({
      container: 'shop',
      name: 'cpu',
      target: { type: 'Utilization', averageUtilization: 70 },
    });
    expect(rules).toEqual([]);
  });

  it('must all fit on the nodes', () => {
    const large = { cpu: '400m', memory: '32Mi', reason: 'It counts the whole shop.' };
    const nodes = { nodes: [{ name: 'one', role: 'control-plane', cpu: '2' }] };
    expect(rendered({ replicas: { min: 1, max: 2 }, resources: large }, [], nodes).shortages).not.toContain(
      'nodes-too-small',
    );
    expect(rendered({ replicas: { min: 1, max: 8 }, resources: large }, [], nodes).shortages).toContain(
      'nodes-too-small',
    );
  });
});

it('a priority is a class of the app, with its value in the name', () => {
  const { component } = rendered({ priority: -5 });
  expect(find(component, 'PriorityClass', 'app-shop-minus-5').value).toBe(-5);
  expect(field(find(component, 'Deployment', 'shop'), ...template, 'spec', 'priorityClassName')).toBe(
    'app-shop-minus-5',
  );
});

describe('the nodes of an app', () => {
  const chosen = { labels: { disk: 'ssd' }, tolerate: ['card'], gpus: { 'nvidia.com/gpu': 1 } };

  it("are selected by the app's pods and by those of its job", () => {
    const { component, job } = rendered({ nodes: chosen, job: { command: ['a'], resources } });
    for (const pod of [
      field(find(component, 'Deployment', 'shop'), ...template, 'spec'),
      field(
        job?.objects.find(({ kind }) => kind === 'Job'),
        ...template,
        'spec',
      ),
    ]) {
      expect(field(pod, 'nodeSelector')).toEqual({ disk: 'ssd' });
      expect(field(pod, 'tolerations')).toEqual([{ key: 'card', operator: 'Exists', effect: 'NoSchedule' }]);
    }
    const limits = field(find(component, 'Deployment', 'shop'), ...container, 'resources', 'limits');
    expect(limits).toEqual({ memory: '32Mi', 'nvidia.com/gpu': 1 });
  });

  it('spread its pods evenly if strict, else as far as they have room', () => {
    const spreadOf = (spread: object) =>
      field(
        find(rendered({ replicas: 2, nodes: { spread } }).component, 'Deployment', 'shop'),
        ...template,
        ...['spec', 'topologySpreadConstraints', 0],
      );
    expect(spreadOf({ over: 'rack', strict: true })).toMatchObject({
      topologyKey: 'rack',
      whenUnsatisfiable: 'DoNotSchedule',
      nodeTaintsPolicy: 'Honor',
    });
    expect(spreadOf({})).toMatchObject({
      topologyKey: 'kubernetes.io/hostname',
      whenUnsatisfiable: 'ScheduleAnyway',
    });
  });
});

describe('a public port of an app', () => {
  const ports = {
    http: { port: 8080 },
    mqtt: { port: 1884, public: 1883 },
    dns: { port: 53, protocol: 'udp', public: 5353 },
  } as const;

  it('is opened on every node to anybody, unlike the other ports of the app', () => {
    const { component, rules } = rendered({ ports, exceptions: [lowPort] });
    const open = find(component, 'Service', 'shop-public');
    expect(field(open, 'spec')).toMatchObject({
      type: 'NodePort',
      ports: [
        { name: 'mqtt', port: 1884, nodePort: 31883, protocol: 'TCP' },
        { name: 'dns', port: 53, nodePort: 32585, protocol: 'UDP' },
      ],
    });
    expect(field(find(component, 'Service', 'shop'), 'spec', 'type')).toBe('ClusterIP');
    const policy = find(component, 'NetworkPolicy', 'shop');
    expect(field(policy, 'spec', 'ingress')).toEqual([
      {
        ports: [
          { port: 1884, protocol: 'TCP' },
          { port: 53, protocol: 'UDP' },
        ],
      },
    ]);
    expect(rules).toEqual([]);
    const deployment = find(component, 'Deployment', 'shop');
    expect(field(deployment, ...container, 'ports')).toContainEqual({
      name: 'dns',
      containerPort: 53,
      protocol: 'UDP',
    });
  });

  it('is in the annotation that npm run status reads, on machines with the port number of the nodes', () => {
    const addresses = (provider: object) =>
      field(
        find(rendered({ ports }, [], { provider }).component, 'Deployment', 'shop'),
        'metadata',
        'annotations',
        'plinth.io/addresses',
      );
    expect(addresses({ kind: 'kind' })).toBe(
      'tcp://shop.test.localhost:1883, udp://shop.test.localhost:5353',
    );
    expect(addresses({ kind: 'machines' })).toBe(
      'tcp://shop.test.localhost:31883, udp://shop.test.localhost:32585',
    );
  });
});
