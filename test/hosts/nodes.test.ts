import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Engine, ensureEngine } from '../../images/engine.ts';
import { ensureRegistry, networkName, registryAddress } from '../../images/registry.ts';
import { supply } from '../../images/supply.ts';
import { ansibleEnvironment, ansibleRoot, ensureAnsible } from '../../scripts/nodes/tools.ts';
import { Checkout, type Ended } from '../e2e/checkout.ts';
import { hostNames, killHost, startHost, type TestHost } from './containers.ts';
import { ensureHostImage, hostUser } from './image.ts';

const environment = 'hosts';

/** Images that nodes need before Flux brings anything. */
const images = [
  ...[
    'pause',
    'etcd',
    'coredns',
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
    'kube-proxy',
  ],
  ...['flannel', 'node'],
];

const answerSchema = z.object({
  machines: z.record(
    z.string(),
    z.object({ changed: z.number(), failed: z.number(), unreachable: z.number() }),
  ),
  seconds: z.number(),
  kubeconfig: z.string().optional(),
});

let engine: Engine;
let image: string;
let tools: string;
let checkout: Checkout;
let key: string;
const hosts = new Map<string, TestHost & { role: 'control-plane' | 'worker' }>();
const times: string[] = [];

beforeAll(async () => {
  const say = (line: string): void => console.log(line);
  engine = await ensureEngine(say);
  await ensureRegistry(engine, say);
  await supply(images, { engine, report: say });
  tools = await ensureAnsible(say);
  image = await ensureHostImage(engine, say);
  for (const name of await hostNames(engine)) await killHost(engine, name);
  checkout = await Checkout.make('nodes-test', { http: 18280, https: 18643, registry: 15202 });
  key = join(dirname(checkout.root), 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
});

afterAll(async () => {
  for (const name of await hostNames(engine)) await killHost(engine, name);
  await checkout.remove();
  console.log(`\n${times.join('\n')}\n`);
});

describe('machines', () => {
  it('three become a cluster of one control plane and two workers', async () => {
    await add('control-1', 'control-plane');
    await Promise.all([add('worker-1', 'worker'), add('worker-2', 'worker')]);
    await writeCluster();
    await timed('three machines to three Ready nodes', () => molecule('converge'));
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2']);
  });

  it('a second run changes nothing', async () => {
    await timed('a run that changes nothing', () => molecule('idempotence'));
  });

  it('a check of what stands finds nothing to change', async () => {
    const { machines } = await nodes('apply', '--check');
    expect(changed(machines)).toEqual([]);
  });

  it('pods on different nodes reach each other, by address and by name', async () => {
    await molecule('verify');
  });

  it('a fourth machine joins, and no other is touched', async () => {
    await add('worker-3', 'worker');
    await writeCluster();
    const { machines } = await timed('a fourth machine joins', () => nodes('apply'));
    expect(changed(machines)).toEqual(['worker-3']);
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2', 'worker-3']);
  });

  it('a worker that burned down is replaced by a fresh one of the same name', async () => {
    await killHost(engine, 'worker-2');
    await add('worker-2', 'worker');
    await writeCluster();
    const { machines } = await timed('a worker is replaced', () => nodes('apply', '--limit', 'worker-2'));
    expect(changed(machines)).toEqual(['worker-2']);
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2', 'worker-3']);
  });

  it('a reset machine has left the cluster, and nothing of Kubernetes stays on it', async () => {
    await timed('a worker is reset', () => nodes('reset', '--limit', 'worker-3', '--yes'));
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2']);
    expect(await leftOn('worker-3')).toBe('');
  });
});

/** Starts a machine and notes where it is; its host key is a new one. */
async function add(name: string, role: 'control-plane' | 'worker'): Promise<void> {
  const host = await startHost(engine, image, name, await readFile(`${key}.pub`, 'utf8'));
  hosts.set(name, { ...host, role });
  const knownHosts = join(checkout.state, 'nodes-test-hosts', 'known_hosts');
  await execa('ssh-keygen', ['-R', host.address, '-f', knownHosts], { reject: false });
}

/** The environment of these machines, in the checkout of the test. */
async function writeCluster(): Promise<void> {
  const folder = join(checkout.root, 'clusters', environment);
  await mkdir(folder, { recursive: true });
  const format = '{{(index .IPAM.Config 0).Subnet}}';
  const { stdout: network } = await execa(
    engine.command,
    ['network', 'inspect', '--format', format, networkName],
    {
      env: engine.env,
    },
  );
  const cluster = {
    name: 'nodes-test-hosts',
    domain: 'hosts.localhost',
    kubernetes: { version: 'v1.36.3' },
    provider: { kind: 'machines', ssh: { user: hostUser }, network },
    nodes: [...hosts.values()],
    registry: { overlay: 'tls' },
    source: { kind: 'git', url: 'https://git.example.org/platform.git' },
    mirror: `http://${registryAddress}`,
    apps: {},
  };
  await writeFile(join(folder, 'cluster.yaml'), stringify(cluster));
}

/** `npm run nodes -- COMMAND hosts …`; what it did to each machine. */
async function nodes(command: string, ...args: string[]): Promise<z.infer<typeof answerSchema>> {
  const ended = await checkout.npm('nodes', command, environment, '--json', '--key', key, ...args);
  return answerSchema.parse(JSON.parse(good(ended).stdout));
}

function good(ended: Ended): Ended {
  if (ended.exitCode !== 0) throw new Error(`exit code ${ended.exitCode}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

/** Runs an action of the Molecule scenario on the machines, by the same inventory as the command. */
async function molecule(action: string): Promise<void> {
  const inventory = join(dirname(checkout.root), 'inventory.json');
  await writeFile(inventory, good(await checkout.npm('nodes', 'inventory', environment)).stdout);
  const { exitCode, all } = await execa(`${tools}/molecule`, [action], {
    cwd: ansibleRoot,
    env: {
      ...ansibleEnvironment(tools),
      PLINTH_INVENTORY: inventory,
      PLINTH_SSH_KEY: key,
      MOLECULE_EPHEMERAL_DIRECTORY: join(dirname(checkout.root), 'molecule'),
      ANSIBLE_SSH_COMMON_ARGS: `-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${join(checkout.state, 'nodes-test-hosts', 'known_hosts')}`,
    },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (exitCode !== 0)
    throw new Error(`molecule ${action} ended with ${exitCode}:\n${all.split('\n').slice(-60).join('\n')}`);
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = performance.now();
  const result = await work();
  times.push(`  ${what.padEnd(40)} ${((performance.now() - started) / 1000).toFixed(0).padStart(4)} s`);
  return result;
}

function changed(machines: z.infer<typeof answerSchema>['machines']): string[] {
  return Object.keys(machines).filter((name) => machines[name]?.changed !== 0);
}

async function onHost(name: string, script: string): Promise<string> {
  const { stdout } = await execa(engine.command, ['exec', `plinth-host-${name}`, 'bash', '-c', script], {
    env: engine.env,
  });
  return stdout.trim();
}

/** Names of the nodes that are Ready now. */
async function readyNodes(): Promise<string[]> {
  const path =
    '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
  const kubectl = 'kubectl --kubeconfig=/etc/kubernetes/admin.conf';
  const lines = (await onHost('control-1', `${kubectl} get nodes --output=jsonpath='${path}'`)).split('\n');
  return lines.flatMap((line) => (line.endsWith(' True') ? [line.split(' ')[0] ?? ''] : [])).sort();
}

/** Processes, mounts, files, interfaces and packet filter rules of Kubernetes on a machine; nothing where it is clean. */
async function leftOn(name: string): Promise<string> {
  return onHost(
    name,
    [
      'pgrep --list-full "kube|containerd|etcd|flannel"',
      'findmnt --list --noheadings --output=TARGET | grep -E "kubelet|containerd|cni"',
      'ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/containerd /etc/cni /opt/cni /usr/local/bin/* 2>/dev/null',
      'ip -brief link | grep -E "cni|flannel|veth"',
      '{ nft list ruleset; iptables-save; } | grep -iE "kube|flannel|cni"',
      'true',
    ].join('; '),
  );
}
