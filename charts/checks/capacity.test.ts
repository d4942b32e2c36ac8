import { describe, expect, it } from 'vitest';
import { environment } from '../../test/charts/fixture.ts';
import { field } from '../kube/field.ts';
import type { Component, KubeObject } from '../kube/kube-object.ts';
import { shortages } from './capacity.ts';
import { Inventory } from './inventory.ts';

const deployment = (cpu: string, memory: string, replicas = 1): KubeObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'shop', namespace: 'shop' },
  spec: {
    replicas,
    template: {
      spec: {
        containers: [{ name: 'a', resources: { requests: { cpu, memory } } }],
        initContainers: [{ name: 'b', resources: { requests: { cpu: '10m', memory: '1Mi' } } }],
      },
    },
  },
});

/** The same as charts/kube/deployment.ts makes it: the new pod serves before the old one goes. */
const rolling = (cpu: string, memory: string, replicas = 1): KubeObject => {
  const object = deployment(cpu, memory, replicas);
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } };
  return { ...object, spec: { ...Object(object.spec), strategy } };
};

const node = (name: string, role: string, cpu = '2', memory = '4Gi') => ({ name, role, cpu, memory });

function codes(objects: KubeObject[], nodes: object[], production = false): string[] {
  const components: Component[] = [{ name: 'shop', objects }];
  return shortages(new Inventory(environment({ cluster: { nodes, production } }), components)).map(
    ({ code }) => code,
  );
}

const three = [node('a', 'control-plane'), node('b', 'worker'), node('c', 'worker')];

describe('the requests of pods', () => {
  // A node of 2 cores has 1900m for pods, a control plane alone 1250m, and CoreDNS asks for 200m.
  it.each<[string, KubeObject[], object[], boolean, string[]]>([
    ['fits one node', [deployment('1050m', '1Gi')], [node('a', 'control-plane')], false, []],
    [
      'is more than one node has',
      [deployment('1051m', '1Gi')],
      [node('a', 'control-plane')],
      false,
      ['nodes-too-small'],
    ],
    ['fits workers', [deployment('900m', '1Gi', 4)], three, false, []],
    ['is more than workers have', [deployment('901m', '1Gi', 4)], three, false, ['nodes-too-small']],
    ['is too large for any node', [deployment('1901m', '1Gi')], three, false, ['pod-too-large']],
    ['is too much memory', [deployment('1m', '5Gi')], three, false, ['pod-too-large']],
    ['fits while no node is lost', [deployment('1000m', '1Gi', 3)], three, true, ['nodes-too-few']],
    ['fits when one is lost', [deployment('800m', '1Gi', 2)], three, true, []],
  ])('%s', (_, objects, nodes, production, expected) => {
    expect(codes(objects, nodes, production)).toEqual(expected);
  });

  it('counts a DaemonSet on every node, and each instance of a database', () => {
    const daemons = { ...deployment('400m', '1Gi'), kind: 'DaemonSet' };
    expect(codes([daemons], three)).toEqual([]);
    expect(codes([daemons, deployment('1201m', '1Gi', 2)], three)).toEqual(['nodes-too-small']);
    const database = {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      metadata: { name: 'shop-db', namespace: 'shop' },
      spec: { instances: 3, resources: { requests: { cpu: '1300m', memory: '1Gi' } } },
    };
    expect(codes([database], three)).toEqual(['nodes-too-small']);
  });

  it.each<[string, KubeObject[], string[]]>([
    ['fits beside all other pods', [rolling('525m', '1Gi')], []],
    ['does not fit beside the one that serves', [rolling('526m', '1Gi')], ['no-room-to-roll']],
    ['has no room for its memory', [rolling('1m', '1910Mi')], ['no-room-to-roll']],
    ['is none: nothing runs', [rolling('1000m', '1Gi', 0)], []],
  ])('checks a new pod of a rolling update: %s', (_, objects, expected) => {
    // 1250m and 3946Mi of the one node are for pods, of which CoreDNS has 200m and 140Mi.
    expect(codes(objects, [node('a', 'control-plane')])).toEqual(expected);
  });

  it('reports which pod of a rolling update does not fit, by how much, and why', () => {
    const env = environment({ cluster: { nodes: [node('a', 'control-plane')] } });
    const [words] = shortages(new Inventory(env, [{ name: 'shop', objects: [rolling('10m', '1950Mi')] }]));
    expect(words).toMatchObject({
      what: 'a new pod of Deployment shop/shop requests memory 1950Mi, and beside all other pods the nodes have 1856Mi left',
      why: expect.stringContaining('no update of it could finish'),
      fix: expect.stringContaining('lower the requests by 94Mi'),
    });
  });

  it.each<[string, object, KubeObject[], string[]]>([
    ['on a node of their own', { nodeSelector: { disk: 'ssd' } }, [], []],
    [
      'beside others',
      { nodeSelector: { disk: 'ssd' } },
      [deployment('1000m', '1Gi', 3)],
      ['nodes-too-small'],
    ],
    ['by a label that Kubernetes gives each node', { nodeSelector: { 'kubernetes.io/os': 'linux' } }, [], []],
    ['on a node for them alone', { nodeSelector: { gpu: 'a' }, tolerations: [{ key: 'gpu' }] }, [], []],
  ])('counts pods on the nodes that they choose: %s', (_, pod, others, expected) => {
    const chosen = deployment('1000m', '1Gi');
    Object.assign(Object(field(chosen, 'spec', 'template', 'spec')), pod);
    const nodes = [
      ...three.slice(0, 2),
      { ...node('c', 'worker'), labels: { disk: 'ssd' } },
      { ...node('d', 'worker'), labels: { gpu: 'a' }, taints: { gpu: 'yes' } },
    ];
    expect(codes([chosen, ...others], nodes)).toEqual(expected);
  });

  it('names nodes that are too small for the pods that choose them', () => {
    const chosen = deployment('1000m', '1Gi', 2);
    Object.assign(Object(field(chosen, 'spec', 'template', 'spec')), { nodeSelector: { disk: 'ssd' } });
    const nodes = [...three.slice(0, 2), { ...node('c', 'worker'), labels: { disk: 'ssd' } }];
    const env = environment({ cluster: { nodes } });
    expect(shortages(new Inventory(env, [{ name: 'shop', objects: [chosen] }]))).toMatchObject([
      { what: 'pods request cpu 2000m, and c has 1900m for pods' },
    ]);
  });

  it('counts a Job in addition to all other pods', () => {
    const job = { ...deployment('100m', '1Gi'), kind: 'Job' };
    expect(codes([deployment('950m', '1Gi'), job], [node('a', 'control-plane')])).toEqual([]);
    expect(codes([deployment('951m', '1Gi'), job], [node('a', 'control-plane')])).toEqual([
      'no-room-to-roll',
    ]);
  });

  it('reports the missing amount and the largest requests', () => {
    const env = environment({ cluster: { nodes: [node('a', 'control-plane')] } });
    const [words] = shortages(new Inventory(env, [{ name: 'shop', objects: [deployment('1100m', '1Gi')] }]));
    expect(words).toMatchObject({
      what: 'pods request cpu 1300m, and the nodes have 1250m for pods',
      why: expect.stringContaining('Deployment shop/shop 1100m, CoreDNS 200m'),
      fix: expect.stringContaining('lower the requests by 50m'),
    });
  });
});
