import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { engineInfos } from '../../test/images/engine-info.ts';
import { repositoryRoot } from '../repository/read-cluster.ts';

let root = '';
let state = '';
let calls: string[][] = [];

/**
 * An engine's client that shows what it is told to and does nothing. Every call that could remove something, or make it,
 * fails: a command that goes so far has decided wrongly.
 */
const client = `#!${process.execPath}
import { appendFileSync, readFileSync } from 'node:fs';
const args = process.argv.slice(2);
const shown = JSON.parse(readFileSync(process.env.SHOWN, 'utf8'));
appendFileSync(process.env.CALLS, JSON.stringify(args) + '\\n');
if (args[0] === 'info') console.log(args.at(-1) === '{{.ID}}' ? 'AAAA' : process.env.INFO);
else if (args[0] === 'ps') console.log(shown.map(({ Name }) => Name).join('\\n'));
else if (args[0] === 'inspect') console.log(JSON.stringify(shown));
else if (args[0] === 'exec' && args.includes('persistentvolumeclaims') && shown[0].State.Running)
  console.log(readFileSync(process.env.CLAIMS, 'utf8'));
else {
  console.error('refused by the test: ' + args.join(' '));
  process.exit(1);
}
`;

const container = (name: string, role: string, running = true) => ({
  Name: `/${name}`,
  State: { Running: running, StartedAt: '2026-01-01T00:00:00Z' },
  Config: { Image: 'docker.io/kindest/node:v1', Labels: { 'io.x-k8s.kind.role': role } },
  HostConfig: {
    Binds: [`${state}/plinth-dev/nodes/certs.d:/etc/containerd/certs.d:ro`],
    PortBindings: { '6443/tcp': [{ HostPort: '40001' }] },
  },
  NetworkSettings: { Networks: { plinth: {} } },
});

const claim = (namespace: string, name: string, labels = {}) => ({
  metadata: { namespace, name, labels },
  spec: { resources: { requests: { storage: '2Gi' } } },
});

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'plinth-never-'));
  state = join(root, 'state');
  writeFileSync(join(root, 'docker.mjs'), client);
  mkdirSync(join(root, 'bin'));
  writeFileSync(
    join(root, 'bin/docker'),
    `#!/bin/sh\nexec '${process.execPath}' '${root}/docker.mjs' "$@"\n`,
  );
  chmodSync(join(root, 'bin/docker'), 0o755);
  const claims = [
    claim('orders', 'orders-db-1', { 'cnpg.io/cluster': 'orders-db' }),
    claim('orders', 'orders-db-2', { 'cnpg.io/cluster': 'orders-db' }),
    claim('registry', 'registry'),
  ];
  writeFileSync(join(root, 'claims.json'), JSON.stringify({ items: claims }));
  mkdirSync(join(state, 'plinth-dev'), { recursive: true });
});

afterEach(() => rmSync(root, { recursive: true }));

async function type(shown: object[], ...args: string[]) {
  writeFileSync(join(root, 'shown.json'), JSON.stringify(shown));
  const ended = await execa(process.execPath, ['scripts/init-cluster.ts', ...args], {
    cwd: repositoryRoot,
    env: {
      PATH: `${join(root, 'bin')}:${process.env.PATH}`,
      PLINTH_STATE: state,
      PLINTH_CACHE: join(root, 'cache'),
      PLINTH_ENGINE: '',
      INFO: JSON.stringify(engineInfos['Docker 28']),
      SHOWN: join(root, 'shown.json'),
      CALLS: join(root, 'calls'),
      CLAIMS: join(root, 'claims.json'),
      NO_COLOR: '1',
    },
    stdin: 'ignore',
    reject: false,
    all: true,
  });
  calls = readFileSync(join(root, 'calls'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return ended;
}

/** Calls of the engine's client that only look. */
const looks = ['info', 'ps', 'inspect', 'exec'];

function record(text: string): void {
  writeFileSync(join(state, 'plinth-dev/nodes.json'), text);
}

const finished = JSON.stringify({
  phase: 'finished',
  engine: 'docker AAAA',
  roles: ['control-plane'],
  image: 'docker.io/kindest/node:v1',
  ports: [],
  settings: {},
});

describe('init-cluster', () => {
  it.each([
    ['finished', finished],
    ['unreadable', '{"phase":'],
    ['absent', undefined],
  ])(
    'removes no container if the record is %s and cluster.yaml differs',
    async (_, text) => {
      if (text !== undefined) record(text);
      const shown = [
        container('plinth-dev-control-plane', 'control-plane'),
        container('plinth-dev-worker', 'worker'),
      ];
      const { all, exitCode } = await type(shown);
      expect(exitCode, all).toBe(1);
      expect(all).toContain('clusters/dev/cluster.yaml: Kind cannot change the cluster plinth-dev in place');
      expect(all).toContain('kubernetes.version, as image of the nodes: docker.io/kindest/node:v1 →');
      expect(all).toContain('--down deletes its databases (jobs-db, orders-db), so copy them first');
      expect(calls.filter(([verb = '']) => !looks.includes(verb))).toEqual([]);
      if (text !== undefined) expect(readFileSync(join(state, 'plinth-dev/nodes.json'), 'utf8')).toBe(text);
    },
    120_000,
  );
});

describe('init-cluster --down', () => {
  it('lists the databases and volumes, and removes nothing without a terminal', async () => {
    record(finished);
    const { all, exitCode } = await type([container('plinth-dev-control-plane', 'control-plane')], '--down');
    expect(exitCode, all).toBe(1);
    expect(all).toContain('  database orders/orders-db, 2Gi\n  volume registry/registry, 2Gi\n');
    expect(all).toContain('npm run init-cluster -- --env dev --down --yes');
    expect(calls.filter(([verb = '']) => !looks.includes(verb))).toEqual([]);
    expect(readFileSync(join(state, 'plinth-dev/nodes.json'), 'utf8')).toBe(finished);
  }, 120_000);

  it('lists the data in the manifests if the cluster does not answer', async () => {
    const still = container('plinth-dev-control-plane', 'control-plane', false);
    const { all, exitCode } = await type([still], '--down');
    expect(exitCode, all).toBe(1);
    expect(all).toContain('Cluster orders/orders-db, from manifests/dev');
    expect(all).toContain('is unknown');
    expect(existsSync(join(state, 'plinth-dev/nodes.json'))).toBe(false);
  }, 120_000);
});
