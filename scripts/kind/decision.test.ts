import { describe, expect, it } from 'vitest';
import type { KindCluster } from './config.ts';
import { type Decision, decide, type Found, type NodeContainer } from './decision.ts';
import type { FoundRecord } from './record.ts';

const files = '/state/test/nodes';
const ports = [{ host: 8080, node: 30080 }];
const wanted: KindCluster = {
  name: 'test',
  roles: ['control-plane', 'worker'],
  image: 'node:v1',
  files,
  ports,
};
const settings = { networking: { kubeProxyMode: 'nftables' } };

function container(name: string, more: Partial<NodeContainer> = {}): NodeContainer {
  const controlPlane = name.endsWith('control-plane');
  const role = controlPlane ? 'control-plane' : 'worker';
  const own = controlPlane ? { ports, apiPort: 40000 } : { ports: [] };
  return { name, running: true, role, image: 'node:v1', files, onOurNetwork: true, ...own, ...more };
}

const all = [container('test-control-plane'), container('test-worker')];

/** Possible answers of the engine. */
const containers = {
  none: [],
  all,
  'all, stopped': all.map((each) => ({ ...each, running: false })),
  'one of two': all.slice(0, 1),
  'one too many': [...all, container('test-worker2')],
  "another tool's": all.map((each) => ({ ...each, onOurNetwork: false, files: undefined })),
  "another folder's": all.map((each) => ({ ...each, files: '/home/ann/state/test/nodes' })),
  'one of another folder': [container('test-control-plane'), container('test-worker', { files: '/other' })],
} satisfies Record<string, NodeContainer[]>;

const finished: FoundRecord = {
  phase: 'finished',
  engine: 'docker A',
  roles: wanted.roles,
  image: wanted.image,
  ports,
  settings,
};
const records = {
  none: { phase: 'none' },
  unreadable: { phase: 'unreadable', why: 'EACCES' },
  unfinished: { phase: 'unfinished', engine: 'docker A' },
  'unfinished elsewhere': { phase: 'unfinished', engine: 'docker B' },
  finished,
  'finished elsewhere': { ...finished, engine: 'docker B' },
} satisfies Record<string, FoundRecord>;

const wishes = {
  'the same': {},
  'another worker': { roles: [...wanted.roles, 'worker' as const] },
  'no worker': { roles: ['control-plane' as const] },
  'another version': { image: 'node:v2' },
  'another port': { ports: [{ host: 8081, node: 30080 }] },
} satisfies Record<string, Partial<KindCluster>>;

interface Row {
  containers: keyof typeof containers;
  record: keyof typeof records;
  kubeconfig: Found['kubeconfig'];
  wish: keyof typeof wishes;
}

const keys = <T extends object>(of: T) => Object.keys(of) as (keyof T)[];
const rows: Row[] = keys(containers).flatMap((shown) =>
  keys(records).flatMap((record) =>
    (['fits', 'lost'] as const).flatMap((kubeconfig) =>
      keys(wishes).map((wish) => ({ containers: shown, record, kubeconfig, wish })),
    ),
  ),
);

function decided(row: Row): Decision {
  return decide({
    containers: containers[row.containers],
    record: records[row.record],
    engine: 'docker A',
    canJoin: true,
    kubeconfig: row.kubeconfig,
    wanted: { ...wanted, ...wishes[row.wish] },
    settings,
  });
}

/** The expected decision, written independently of the code: one line for each kind of row. */
function expected({ containers: shown, record, kubeconfig, wish }: Row): string {
  const foreign = ["another tool's", "another folder's", 'one of another folder'];
  if (shown === 'none') return record === 'finished elsewhere' ? 'refuse other-engine' : 'make';
  if (foreign.includes(shown)) return 'refuse other-name';
  if (record === 'unfinished') return 'remake';
  if (record === 'unfinished elsewhere') return 'refuse other-engine';
  const known = record === 'finished' || record === 'finished elsewhere';
  if (known) {
    const join = wish === 'another worker';
    if (wish !== 'the same' && !join) return 'refuse move-data';
    if (shown === 'one of two') return 'refuse take-down';
    if (shown === 'one too many' && !join) return 'refuse finish-join';
    const start = shown === 'all, stopped' ? ' start' : '';
    return `keep${start}${kubeconfig === 'lost' ? ' fetch' : ''}${join ? ' join test-worker2' : ''}`;
  }
  // Without a record the containers themselves say what was made.
  const fits = {
    'one of two': wish === 'no worker',
    'one too many': wish === 'another worker',
    all: wish === 'the same',
    'all, stopped': wish === 'the same',
  } as Record<string, boolean>;
  return fits[shown] === true ? 'adopt' : 'refuse move-data';
}

function said(decision: Decision): string {
  if (decision.do === 'refuse') return `refuse ${decision.way}`;
  if (decision.do !== 'keep') return decision.do;
  const start = decision.start.length > 0 ? ' start' : '';
  const join = decision.join.map((name) => ` join ${name}`).join('');
  return `keep${start}${decision.fetchKubeconfig ? ' fetch' : ''}${join}`;
}

describe('the decision about the nodes of a cluster', () => {
  it.each(rows)(
    'for containers: $containers, record: $record, kubeconfig: $kubeconfig, wanted: $wish',
    (row) => {
      expect(said(decided(row))).toBe(expected(row));
    },
  );

  it('removes containers only if a record says that they were never finished, on this engine, from this folder', () => {
    const removing = rows.filter((row) => decided(row).do === 'remake');
    expect(new Set(removing.map(({ record }) => record))).toEqual(new Set(['unfinished']));
    expect(new Set(removing.map((row) => row.containers))).toEqual(
      new Set(['all', 'all, stopped', 'one of two', 'one too many']),
    );
  });
});

it('lists the differences by field, with both values', () => {
  const decision = decide({
    containers: all,
    record: finished,
    engine: 'docker A',
    canJoin: true,
    kubeconfig: 'fits',
    wanted: { ...wanted, roles: ['control-plane'], image: 'node:v2', ports: [{ host: 9090, node: 30443 }] },
    settings: { networking: { kubeProxyMode: 'iptables' } },
  });
  if (decision.do !== 'refuse') throw new Error('it does not refuse');
  for (const words of [
    'nodes, workers: 1 → 0',
    'kubernetes.version, as image of the nodes: node:v1 → node:v2',
    'provider.ports.http: 8080 → none',
    'provider.ports.https: none → 9090',
    'networking.kubeProxyMode',
  ])
    expect(decision.why).toContain(words);
  expect(decision.why).not.toContain('control planes');
});

it('requires a new cluster if an app gains a public port, and none if it loses one', () => {
  const udp = { host: 53, node: 30053, protocol: 'udp' as const };
  const decision = decide({
    containers: all,
    record: { ...finished, ports: [...ports, udp] },
    engine: 'docker A',
    kubeconfig: 'fits',
    wanted: { ...wanted, ports: [...ports, { host: 53, node: 30053 }, { host: 1883, node: 31883 }] },
    settings,
    canJoin: false,
  });
  if (decision.do !== 'refuse') throw new Error('it does not refuse');
  for (const words of ['public tcp port of an app: none → 53', 'public tcp port of an app: none → 1883'])
    expect(decision.why).toContain(words);
  expect(decision.why).not.toContain('udp');
});

it('does not treat the load balancer as a node', () => {
  const roles = ['control-plane', 'control-plane', 'control-plane'] as const;
  const three = [
    container('test-control-plane', { apiPort: undefined }),
    container('test-control-plane2', { ports: [], role: 'control-plane' }),
    container('test-control-plane3', { ports: [], role: 'control-plane' }),
    container('test-external-load-balancer', { role: 'external-load-balancer', files: undefined, ports: [] }),
  ];
  const found = {
    containers: three,
    record: { ...finished, roles: [...roles] },
    engine: 'docker A',
    canJoin: true,
    kubeconfig: 'fits' as const,
    wanted: { ...wanted, roles: [...roles] },
    settings,
  };
  expect(decide(found)).toEqual({ do: 'keep', start: [], fetchKubeconfig: false, join: [] });
});
