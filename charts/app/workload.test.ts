import { describe, expect, it } from 'vitest';
import type { AppInput } from '../../model/app.ts';
import collector from '../../operators/opentelemetry-collector/operator.ts';
import { find } from '../../test/charts/find.ts';
import { environment, testApp } from '../../test/charts/fixture.ts';
import { container, rendered, template } from '../../test/charts/rendered-app.ts';
import { field, listField } from '../kube/field.ts';
import { appComponent } from './app.ts';

const init = ['spec', 'template', 'spec', 'initContainers'] as const;
const resources = { cpu: '10m', memory: '16Mi' };
/** An app without ports. */
const worker: Partial<AppInput> = { ports: {}, probes: {} };

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

  it('opens a pod by a condition, and names the pod in its telemetry, where errors stop it', () => {
    const app = testApp({ name: 'shop', rollout: { watch: '2m', errors: { most: 5 } } });
    const env = environment({
      apps: [app],
      operators: [collector],
      cluster: { observability: { store: 'light' } },
    });
    const deployment = find(appComponent(env, app), 'Deployment', 'shop');
    expect(field(deployment, ...template, 'spec', 'readinessGates')).toEqual([
      { conditionType: 'plinth.io/few-errors' },
    ]);
    const variables = listField(deployment, ...container, 'env');
    const names = variables.map((each) => field(each, 'name'));
    expect(names.indexOf('K8S_POD_NAME')).toBeLessThan(names.indexOf('OTEL_RESOURCE_ATTRIBUTES'));
    expect(variables).toContainEqual({
      name: 'K8S_POD_NAME',
      valueFrom: { fieldRef: { fieldPath: 'metadata.name' } },
    });
    expect(variables).toContainEqual({
      name: 'OTEL_RESOURCE_ATTRIBUTES',
      value: 'deployment.environment.name=test,k8s.namespace.name=shop,k8s.pod.name=$(K8S_POD_NAME)',
    });
  });

  it('is absent unless app.ts asks for it', () => {
    const deployment = find(rendered({}).component, 'Deployment', 'shop');
    expect(field(deployment, 'spec', 'progressDeadlineSeconds')).toBeUndefined();
    expect(field(deployment, 'spec', 'minReadySeconds')).toBeUndefined();
    expect(field(deployment, ...template, 'spec', 'readinessGates')).toBeUndefined();
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

  const [ready, live] = [
    { path: '/readyz', port: 'http' },
    { path: '/healthz', port: 'http' },
  ] as const;
  it.each<[string, AppInput['probes'], object | undefined]>([
    [
      'what live asks, for as long as live would take',
      { ready, live: { ...live, period: 20 } },
      { httpGet: { path: '/healthz' }, periodSeconds: 1, failureThreshold: 60 },
    ],
    [
      'for half a minute, however short live is',
      { ready, live: { ...live, period: 1 } },
      { failureThreshold: 30 },
    ],
    [
      'what ready asks, and never restarts the container, without live',
      { ready },
      { httpGet: { path: '/readyz' }, periodSeconds: 1, failureThreshold: 2147483647 },
    ],
    ['nothing without ready: the pod gets no requests', { live: { exec: ['true'] } }, undefined],
  ])('without startup, a new process is asked every second: %s', (_, probes, expected) => {
    const { component } = rendered({
      ports: probes?.ready === undefined ? {} : { http: { port: 8080 } },
      probes,
    } as Partial<AppInput>);
    const given = field(find(component, 'Deployment', 'shop'), ...container, 'startupProbe');
    if (expected === undefined) expect(given).toBeUndefined();
    else expect(given).toMatchObject(expected);
  });

  it('that are written for a container beside the app are its only ones', () => {
    const { component } = rendered({
      sidecars: [
        {
          name: 'proxy',
          image: { ref: 'example.org/proxy:1' },
          ports: { admin: { port: 9901 } },
          probes: { ready: { path: '/ready', port: 'admin' } },
          resources: { cpu: '20m', memory: '32Mi' },
        },
      ],
    });
    const pod = field(find(component, 'Deployment', 'shop'), ...template, 'spec');
    expect(field(pod, 'initContainers', '0', 'startupProbe')).toBeUndefined();
    expect(field(pod, 'initContainers', '0', 'readinessProbe')).toMatchObject({ periodSeconds: 10 });
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
