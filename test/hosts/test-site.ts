import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { z } from 'zod';
import { runEngine, stopPrivateEngine } from '../../images/engine/index.ts';
import { type Engine, ensureEngine, findEngine, supply } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import {
  ensureMirror,
  mirrorAddress,
  networkName,
  removeMirror,
  storedImage,
} from '../../images/mirror/index.ts';
import { ansibleEnvironment, ansibleRoot, ensureAnsible } from '../../scripts/nodes/tools.ts';
import { Checkout, type Ended } from '../e2e/checkout.ts';
import { hostNames, killHost, startHost, type TestHost } from './containers.ts';
import { kubectl } from './flux.ts';
import { ensureHostImage, hostUser } from './host-image.ts';

/** The environment's folder below clusters/ in the checkout. */
export const environment = 'hosts';

/** Images of the control plane; `-previous` ends the names of those of the version before. */
const controlPlaneImages = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];

const answerSchema = z.object({
  machines: z.record(
    z.string(),
    z.object({ changed: z.number(), failed: z.number(), unreachable: z.number() }),
  ),
  seconds: z.number(),
  kubeconfig: z.string().optional(),
});

export type SiteAnswer = z.infer<typeof answerSchema>;

/** The description of a test's cluster, without the machines. */
interface Description {
  kubernetes: { version: string; virtualAddress?: string };
  source?: { kind: 'git'; url: string; secret: string; forge?: object };
  apps?: object;
  previews?: object;
}

/** Requirements that exist before the first machine. */
interface Equipment {
  engine: Engine;
  /** Whether it ran before: then it stays. */
  engineStays: boolean;
  checkout: Checkout;
  /** Of the machines. */
  image: string;
  /** Folder of Ansible's programs. */
  tools: string;
  /** Path of the private key that may log in. */
  key: string;
}

/** Machines of a test that are containers on one network, and the environment in a checkout that says what they become. */
export class TestSite {
  readonly cluster: string;
  private readonly description: Description;
  private readonly equipment: Equipment;
  private agent: number | undefined;
  private readonly times: string[] = [];
  private readonly hosts = new Map<string, TestHost & { role: 'control-plane' | 'worker' }>();

  private constructor(cluster: string, version: string, equipment: Equipment) {
    this.cluster = cluster;
    this.description = { kubernetes: { version } };
    this.equipment = equipment;
  }

  get engine(): Engine {
    return this.equipment.engine;
  }

  get checkout(): Checkout {
    return this.equipment.checkout;
  }

  /** Everything that has to be there before a machine is: engine, mirror with the nodes' images, Ansible, a key. */
  static async make(cluster: string, version: string, suffixes: string[] = ['']): Promise<TestSite> {
    const say = (line: string): void => console.log(line);
    const engineStays = (await findEngine()) !== undefined;
    const engine = await ensureEngine(say);
    await ensureMirror(engine, say);
    const versioned = suffixes.flatMap((suffix) => controlPlaneImages.map((name) => `${name}${suffix}`));
    await supply(['pause', 'etcd', 'coredns', ...versioned, 'flannel', 'node'], { engine, report: say });
    await allowManyWatches();
    const tools = await ensureAnsible(say);
    const image = await ensureHostImage(engine, say);
    for (const name of await hostNames(engine)) await killHost(engine, name);
    const checkout = await Checkout.make(`${cluster}-dev`, { http: 18280, https: 18643, registry: 15202 });
    const key = join(dirname(checkout.root), 'key');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    return new TestSite(`${cluster}-hosts`, version, { engine, engineStays, checkout, image, tools, key });
  }

  /** Takes everything away, and says how long what took. */
  async remove(): Promise<void> {
    for (const name of await hostNames(this.engine)) await killHost(this.engine, name);
    if (this.agent !== undefined) process.kill(this.agent);
    await this.checkout.remove();
    if (!this.equipment.engineStays) {
      await removeMirror(this.engine);
      if (this.engine.private) await stopPrivateEngine(console.log);
    }
    console.log(`\n${this.times.join('\n')}\n`);
  }

  /** Starts a machine and writes it into cluster.yaml; its host key is a new one. */
  async add(name: string, role: 'control-plane' | 'worker'): Promise<void> {
    const host = await this.startMachine(name);
    this.hosts.set(name, { ...host, role });
    const knownHosts = join(this.folder, 'known_hosts');
    await execa('ssh-keygen', ['-R', host.address, '-f', knownHosts], { reject: false });
    await this.describe();
  }

  /** Lets the checkout's lock file name the images that the mirror has: those that are built here have other digests than upstream's. No machine uses Kind's. */
  async lockMirror(): Promise<void> {
    const path = join(this.checkout.root, 'images/lock.yaml');
    let text = await readFile(path, 'utf8');
    const { 'kindest-node': _, ...images } = loadLock().images;
    for (const { ref, digest } of Object.values(images)) {
      const { store, path: repository, tag } = storedImage(ref);
      const there = store.manifest(repository, tag)?.digest;
      if (digest !== undefined && there !== undefined) text = text.replace(digest, there);
    }
    await writeFile(path, text);
  }

  /** Starts a machine that is not part of the cluster. */
  async startMachine(name: string): Promise<TestHost> {
    const key = await readFile(`${this.equipment.key}.pub`, 'utf8');
    return startHost(this.engine, this.equipment.image, name, key);
  }

  /** A machine that burns down, and a fresh one of its name. */
  async replace(name: string): Promise<void> {
    const role = this.hosts.get(name)?.role ?? 'worker';
    await killHost(this.engine, name);
    await this.add(name, role);
  }

  addressOf(name: string): string {
    const host = this.hosts.get(name);
    if (host === undefined) throw new Error(`there is no machine ${name}`);
    return host.address;
  }

  /** Writes clusters/hosts/cluster.yaml. */
  async describe(change: Partial<Description> = {}): Promise<void> {
    Object.assign(this.description, change);
    const folder = join(this.checkout.root, 'clusters', environment);
    await mkdir(folder, { recursive: true });
    const text = stringify({
      name: this.cluster,
      domain: 'hosts.localhost',
      provider: { kind: 'machines', ssh: { user: hostUser }, network: await this.network('Subnet') },
      nodes: [...this.hosts.values()],
      registry: { overlay: 'tls' },
      source: { kind: 'git', url: 'https://git.example.org/platform.git' },
      artifacts: 'mirror',
      mirror: `http://${mirrorAddress}`,
      apps: {},
      ...this.description,
    });
    await writeFile(join(folder, 'cluster.yaml'), text);
  }

  /** Of the network that the machines share. */
  async network(property: 'Subnet' | 'Gateway'): Promise<string> {
    const format = `{{(index .IPAM.Config 0).${property}}}`;
    return (await runEngine(this.engine, ['network', 'inspect', '--format', format, networkName])).trim();
  }

  /** What this machine keeps of the cluster. */
  get folder(): string {
    return join(this.checkout.state, this.cluster);
  }

  /** Where `nodes apply` wrote the administrator's credentials. */
  get kubeconfig(): string {
    return join(this.folder, 'kubeconfig');
  }

  /** `npm run nodes -- COMMAND hosts …`, which must end well; what it did to each machine. */
  async nodes(command: string, ...args: string[]): Promise<SiteAnswer> {
    const ended = await this.checkout.npm(
      'nodes',
      command,
      environment,
      '--json',
      '--key',
      this.equipment.key,
      ...args,
    );
    return answerSchema.parse(JSON.parse(good(ended).stdout));
  }

  /** The socket of an SSH agent that holds the key, as a person has one. */
  async sshAgent(): Promise<string> {
    const socket = join(dirname(this.checkout.root), 'agent');
    const { stdout } = await execa('ssh-agent', ['-s', '-a', socket]);
    this.agent = Number(/SSH_AGENT_PID=(\d+)/.exec(stdout)?.[1]);
    await execa('ssh-add', ['-q', this.equipment.key], { env: { SSH_AUTH_SOCK: socket } });
    return socket;
  }

  /** Runs an action of the Molecule scenario on the machines, by the same inventory as the command. */
  async molecule(action: string): Promise<void> {
    const inventory = join(dirname(this.checkout.root), 'inventory.json');
    await writeFile(inventory, good(await this.checkout.npm('nodes', 'inventory', environment)).stdout);
    const { exitCode, all } = await execa(`${this.equipment.tools}/molecule`, [action], {
      cwd: ansibleRoot,
      env: {
        ...ansibleEnvironment(this.equipment.tools),
        PLINTH_INVENTORY: inventory,
        PLINTH_SSH_KEY: this.equipment.key,
        MOLECULE_EPHEMERAL_DIRECTORY: join(dirname(this.checkout.root), 'molecule'),
        // Molecule writes a configuration of its own.
        ANSIBLE_PIPELINING: 'true',
        ANSIBLE_GATHERING: 'explicit',
        ANSIBLE_INJECT_FACT_VARS: 'false',
        ANSIBLE_SSH_COMMON_ARGS: `-o StrictHostKeyChecking=accept-new -o UserKnownHostsFile=${join(this.folder, 'known_hosts')}`,
      },
      stdin: 'ignore',
      all: true,
      reject: false,
    });
    if (exitCode !== 0)
      throw new Error(`molecule ${action} ended with ${exitCode}:\n${all.split('\n').slice(-60).join('\n')}`);
  }

  async kubectl(...args: string[]): Promise<string> {
    return kubectl(this.kubeconfig, args);
  }

  /** Names of the nodes that are Ready now. */
  async readyNodes(): Promise<string[]> {
    const path =
      '{range .items[*]}{.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}{end}';
    const lines = (await this.kubectl('get', 'nodes', `--output=jsonpath=${path}`)).split('\n');
    return lines.flatMap((line) => (line.endsWith(' True') ? [line.split(' ')[0] ?? ''] : [])).sort();
  }

  async timed<T>(what: string, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await work();
    const seconds = (performance.now() - started) / 1000;
    const line = `  ${what.padEnd(50)} ${seconds.toFixed(0).padStart(4)} s`;
    this.times.push(line);
    console.log(line);
    return result;
  }
}

/** Names of the machines on which something was changed. */
export function changed({ machines }: SiteAnswer): string[] {
  return Object.keys(machines).filter((name) => machines[name]?.changed !== 0);
}

/** Each kubelet and each systemd takes a share of the kernel's watches, of which containers have those of the machine. */
async function allowManyWatches(): Promise<void> {
  const path = '/proc/sys/fs/inotify/max_user_instances';
  if (Number(await readFile(path, 'utf8')) < 1024) await writeFile(path, '1024');
}

function good(ended: Ended): Ended {
  if (ended.exitCode !== 0) throw new Error(`exit code ${ended.exitCode}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}
