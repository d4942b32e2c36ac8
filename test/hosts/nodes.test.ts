import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Engine, ensureEngine } from '../../images/engine.ts';
import { ensureRegistry, networkName, registryAddress } from '../../images/registry.ts';
import { supply } from '../../images/supply.ts';
import { pushManifests } from '../../scripts/cluster/manifest-repository.ts';
import { renderEnvironment } from '../../scripts/cluster/rendered.ts';
import { ansibleEnvironment, ansibleRoot, ensureAnsible } from '../../scripts/nodes/tools.ts';
import { Checkout, type Ended } from '../e2e/checkout.ts';
import { hostNames, killHost, startHost, type TestHost } from './containers.ts';
import { kubectl, readyKustomizations, secretsByHand } from './flux.ts';
import { type GitHost, startGitHost } from './git-host.ts';
import { ensureHostImage, hostUser } from './image.ts';

const environment = 'hosts';
const cluster = 'nodes-test-hosts';

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
let git: GitHost | undefined;
const hosts = new Map<string, TestHost & { role: 'control-plane' | 'worker' }>();
const times: string[] = [];

beforeAll(async () => {
  const say = (line: string): void => console.log(line);
  engine = await ensureEngine(say);
  await ensureRegistry(engine, say);
  await supply(images, { engine, report: say });
  await allowManyWatches();
  tools = await ensureAnsible(say);
  image = await ensureHostImage(engine, say);
  for (const name of await hostNames(engine)) await killHost(engine, name);
  checkout = await Checkout.make('nodes-test', { http: 18280, https: 18643, registry: 15202 });
  key = join(dirname(checkout.root), 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
});

afterAll(async () => {
  for (const name of await hostNames(engine)) await killHost(engine, name);
  git?.close();
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

  it('Flux takes the cluster over, without a hand', async () => {
    const folder = join(dirname(checkout.root), 'git');
    await mkdir(folder, { recursive: true });
    const format = '{{(index .IPAM.Config 0).Gateway}}';
    const { stdout: gateway } = await execa(
      engine.command,
      ['network', 'inspect', '--format', format, networkName],
      { env: engine.env },
    );
    git = await startGitHost(folder, gateway);
    await writeCluster();
    const rendered = await renderEnvironment(checkout.root, environment);
    const needed = rendered.environment.operators.flatMap((operator) => [
      ...operator.images,
      ...operator.crds,
    ]);
    await supply(needed, { engine, report: console.log });
    const repository = {
      remote: join(folder, 'platform.git'),
      environment: {},
      gitDir: join(folder, 'work.git'),
    };
    await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository.remote]);
    await pushManifests(repository, { root: checkout.root, environment, message: 'Hosts' });
    await secretsByHand(kubeconfig(), {
      folder,
      authority: git.authority,
      registry: 'registry.hosts.localhost',
    });
    await timed('hand-over until every Kustomization is Ready', async () => {
      const args = ['scripts/hand-over.ts', environment, '--kubeconfig', kubeconfig()];
      await execa(process.execPath, args, { cwd: checkout.root, env: checkout.env, stdin: 'ignore' });
      const names = [...rendered.manifests.keys()].flatMap(
        (path) => /flux-sync\/kustomization-(.+)\.yaml$/.exec(path)?.[1] ?? [],
      );
      expect(await readyKustomizations(kubeconfig())).toEqual(names.sort());
    });
  });

  it('a control plane that burned down comes back from its snapshot', async () => {
    await kubectl(kubeconfig(), ['create', 'configmap', 'before-the-snapshot']);
    await nodes('backup');
    await kubectl(kubeconfig(), ['create', 'configmap', 'after-the-snapshot']);
    const backups = join(checkout.state, cluster, 'backups');
    const snapshot = join(backups, (await readdir(backups)).sort().at(-1) ?? '');
    await killHost(engine, 'control-1');
    await add('control-1', 'control-plane');
    await writeCluster();
    await timed('a control plane is restored', async () => {
      await nodes('restore', '--from', snapshot);
      await nodes('apply');
    });
    const maps = await kubectl(kubeconfig(), ['get', 'configmaps', '--output=name']);
    expect(maps).toContain('before-the-snapshot');
    expect(maps).not.toContain('after-the-snapshot');
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2', 'worker-3']);
    await molecule('verify');
  });

  it('a reset machine has left the cluster, and nothing of Kubernetes stays on it', async () => {
    await timed('a worker is reset', () => nodes('reset', '--limit', 'worker-3', '--yes'));
    expect(await readyNodes()).toEqual(['control-1', 'worker-1', 'worker-2']);
    expect(await leftOn('worker-3')).toBe('');
  });
});

/** Each kubelet and each systemd takes a share of the kernel's watches, of which containers have those of the machine. */
async function allowManyWatches(): Promise<void> {
  const path = '/proc/sys/fs/inotify/max_user_instances';
  if (Number(await readFile(path, 'utf8')) < 1024) await writeFile(path, '1024');
}

/** Starts a machine and notes where it is; its host key is a new one. */
async function add(name: string, role: 'control-plane' | 'worker'): Promise<void> {
  const host = await startHost(engine, image, name, await readFile(`${key}.pub`, 'utf8'));
  hosts.set(name, { ...host, role });
  const knownHosts = join(checkout.state, cluster, 'known_hosts');
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
  const description = {
    name: cluster,
    domain: 'hosts.localhost',
    kubernetes: { version: 'v1.36.3' },
    provider: { kind: 'machines', ssh: { user: hostUser }, network },
    nodes: [...hosts.values()],
    registry: { overlay: 'tls' },
    source: {
      kind: 'git',
      url: `${git?.url ?? 'https://git.example.org'}/platform.git`,
      secret: 'git-authority',
    },
    artifacts: 'mirror',
    mirror: `http://${registryAddress}`,
    apps: {},
  };
  await writeFile(join(folder, 'cluster.yaml'), stringify(description));
}

/** Where `nodes apply` wrote the administrator's credentials. */
function kubeconfig(): string {
  return join(checkout.state, cluster, 'kubeconfig');
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
      ANSIBLE_SSH_COMMON_ARGS: `-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${join(checkout.state, cluster, 'known_hosts')}`,
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
      'ps --no-headers -eo comm | grep -E "^(kube|containerd|etcd|flannel)"',
      // Kind's entry point has made a control group of that name in every container, and stands itself in /usr/local/bin.
      'findmnt --list --noheadings --output=TARGET | grep -v ^/sys/ | grep -E "kubelet|containerd|cni"',
      'ls -d /etc/kubernetes /var/lib/kubelet /var/lib/etcd /var/lib/containerd /etc/cni /opt/cni 2>/dev/null',
      'ls /usr/local/bin | grep -v ^entrypoint$',
      'ip -brief link | grep -E "cni|flannel|veth"',
      '{ nft list ruleset; iptables-save; } 2>/dev/null | grep -iE "kube|flannel|cni"',
      'true',
    ].join('; '),
  );
}
