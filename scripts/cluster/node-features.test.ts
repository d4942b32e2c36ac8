import { expect, it } from 'vitest';
import { environment } from '../../test/charts/fixture.ts';
import type { Kubectl } from '../flux/decryption-key.ts';
import { ensureNodeFeatures, nodeNames } from './node-features.ts';

const notReady = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' };

/** Nodes that take merge patches as the API server does. */
class Nodes {
  readonly items: {
    metadata: { name: string; resourceVersion: string; labels: object; annotations: object };
    spec: { taints: object[] };
  }[];
  patches = 0;

  constructor(names: readonly string[]) {
    this.items = names.map((name) => ({
      metadata: { name, resourceVersion: '1', labels: { 'kubernetes.io/os': 'linux' }, annotations: {} },
      spec: { taints: [notReady] },
    }));
  }

  readonly kubectl: Kubectl = async (args) => {
    if (args[0] === 'get') return JSON.stringify({ items: this.items });
    expect(args.slice(0, 2)).toEqual(['patch', 'node']);
    this.patches++;
    const node = this.items.find(({ metadata }) => metadata.name === args[2]);
    const { metadata, spec } = JSON.parse(args.at(-1) ?? '');
    expect(metadata.resourceVersion).toBe(node?.metadata.resourceVersion);
    if (node === undefined) throw new Error('no such node');
    const labels = Object.entries({ ...node.metadata.labels, ...metadata.labels });
    node.metadata.labels = Object.fromEntries(labels.filter(([, value]) => value !== null));
    node.metadata.annotations = { ...node.metadata.annotations, ...metadata.annotations };
    node.spec = spec;
    return '';
  };
}

const cluster = (worker: object) =>
  environment({
    cluster: {
      nodes: [
        { name: 'a', role: 'control-plane' },
        { name: 'b', role: 'worker', ...worker },
      ],
    },
  }).cluster;

it('nodes get labels and taints once, and lose only those that were set here', async () => {
  const nodes = new Nodes(['plinth-test-control-plane', 'plinth-test-worker']);
  const [, worker] = nodes.items;
  expect(await ensureNodeFeatures(cluster({}), nodes.kubectl)).toEqual([]);

  const ssd = cluster({ labels: { disk: 'ssd' }, taints: { card: 'a100' } });
  expect(await ensureNodeFeatures(ssd, nodes.kubectl)).toEqual(['plinth-test-worker']);
  expect(await ensureNodeFeatures(ssd, nodes.kubectl)).toEqual([]);
  expect(worker?.metadata.labels).toEqual({ 'kubernetes.io/os': 'linux', disk: 'ssd' });
  expect(worker?.spec.taints).toEqual([notReady, { key: 'card', value: 'a100', effect: 'NoSchedule' }]);

  expect(await ensureNodeFeatures(cluster({}), nodes.kubectl)).toEqual(['plinth-test-worker']);
  expect(await ensureNodeFeatures(cluster({}), nodes.kubectl)).toEqual([]);
  expect(worker?.metadata.labels).toEqual({ 'kubernetes.io/os': 'linux' });
  expect(worker?.spec.taints).toEqual([notReady]);
  expect(nodes.patches).toBe(2);
});

it('a missing node is reported with the existing ones', async () => {
  const nodes = new Nodes(['plinth-test-control-plane']);
  await expect(ensureNodeFeatures(cluster({ labels: { disk: 'ssd' } }), nodes.kubectl)).rejects.toThrow(
    "has no node 'plinth-test-worker'",
  );
});

it('Kind names nodes by role, machines have the names of cluster.yaml', () => {
  const nodes = ['control-plane', 'worker', 'worker'].map((role, i) => ({
    name: `n${i}`,
    role,
    address: '192.0.2.1',
  }));
  const names = (provider: object) =>
    nodeNames(environment({ cluster: { nodes, provider } }).cluster).map(([name]) => name);
  expect(names({ kind: 'kind' })).toEqual([
    'plinth-test-control-plane',
    'plinth-test-worker',
    'plinth-test-worker2',
  ]);
  expect(names({ kind: 'machines' })).toEqual(['n0', 'n1', 'n2']);
});
