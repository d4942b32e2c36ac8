import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { withCacheLock } from '../cache/cache-lock.ts';
import { isAlive } from '../cache/is-alive.ts';
import { installDebianPackages } from '../debian/packages.ts';
import type { Report } from '../report.ts';
import {
  type AddressRange,
  formatAddress,
  formatNetwork,
  freePool,
  overlaps,
  parseNetwork,
} from './address-pool.ts';
import { bridgesIn, ensureBridge, removeBridges, unplugAll } from './bridges.ts';
import { checkCgroups, makeCgroup, removeCgroup } from './cgroups.ts';
import type { Engine } from './engine.ts';
import { cleanFirewall, readFirewall } from './firewall.ts';
import { askEngine } from './info.ts';
import { type Notes, readNotes, writeNotes } from './notes.ts';
import { type PrivatePaths, privatePaths } from './private-paths.ts';
import { endProcesses, type Process, processes, withDescendants } from './processes.ts';
import { hasSysResource, writeRuntimeShim } from './runtime-shim.ts';

const startSeconds = 60;
const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** Client access to the private engine, running or not; undefined if none was ever started. */
export function privateEngine(): Omit<Engine, 'info'> | undefined {
  const paths = privatePaths();
  const command = `${paths.bin}/docker`;
  if (!existsSync(command)) return undefined;
  return {
    name: 'docker',
    private: true,
    command,
    env: {
      PATH: `${paths.bin}:${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
      DOCKER_HOST: `unix://${paths.socket}`,
      DOCKER_CONTEXT: '',
      DOCKER_TLS_VERIFY: '',
    },
  };
}

/**
 * Starts Plinth's private Docker engine, with its own data, sockets, bridge, addresses and control group, unless it
 * runs. It outlives this process and logs to a file. Leftovers of a killed engine are removed first.
 */
export async function startPrivateEngine(report: Report): Promise<Engine> {
  const paths = privatePaths();
  return withCacheLock('engine', { report, done: () => running(paths) }, async () => {
    refuseWhereImpossible();
    checkCgroups();
    await installDebianPackages(['iproute2', 'iptables'], report);
    if (!existsSync('/usr/sbin/dockerd') && !existsSync('/usr/bin/dockerd')) {
      await installDebianPackages(['docker.io'], report);
    }
    await clearRemains(paths, report);
    refuseBesideAnother();
    await mkdir(paths.run, { recursive: true, mode: 0o700 });
    await mkdir(paths.bin, { recursive: true });
    await linkClient(paths);
    const pool = await prepareMachine(paths);
    report('starting a private Docker engine');
    const daemon = await launch(paths, pool);
    await waitUntilReady(paths, daemon);
    const engine = await running(paths);
    if (engine === undefined) throw new Error(`the private Docker engine stopped at once.${logTail(paths)}`);
    return engine;
  });
}

/**
 * Stops the private engine and removes its bridges, firewall rules and control groups. Its data stays, unless `purge` is
 * set. Nothing else is changed. Several clusters and other containers can share the engine: while any runs, this refuses,
 * unless `force` is set.
 */
export async function stopPrivateEngine(
  report: Report,
  options: { purge?: boolean; force?: boolean } = {},
): Promise<void> {
  const paths = privatePaths();
  await withCacheLock('engine', { report, done: async () => undefined }, async () => {
    if (options.force !== true) await refuseWhileInUse(paths);
    const mine = ownProcesses(paths);
    if (mine.length > 0) report('stopping the private Docker engine');
    await clearRemains(paths, report);
    const notes = readNotes(paths);
    if (notes !== undefined) await restoreMachine(paths, notes);
    await rm(paths.run, { recursive: true, force: true });
    if (options.purge === true) await rm(paths.root, { recursive: true, force: true });
    return true;
  });
}

async function refuseWhileInUse(paths: PrivatePaths): Promise<void> {
  const engine = await running(paths);
  if (engine === undefined) return;
  const { stdout } = await execa(engine.command, ['ps', '--format', '{{.Names}}'], {
    env: engine.env,
    stdin: 'ignore',
  });
  if (stdout === '') return;
  throw new Error(
    `the private Docker engine still runs ${stdout.split('\n').sort().join(', ')}, which would end with it. Remove what ` +
      `is yours first: npm run init-cluster -- --down, or DOCKER_HOST=unix://${paths.socket} docker rm --force NAME`,
  );
}

/** The socket exists before the daemon serves it: the client's call then waits. */
async function running(paths: PrivatePaths): Promise<Engine | undefined> {
  const engine = privateEngine();
  if (engine === undefined || !(await accepts(paths.socket))) return undefined;
  const answer = await askEngine(engine.command, engine.env, startSeconds);
  return 'info' in answer ? { ...engine, ...answer } : undefined;
}

function refuseWhereImpossible(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return;
  const why = process.platform === 'linux' ? 'that takes root' : 'that takes Linux';
  throw new Error(
    `no container engine answers here, and Plinth cannot start one of its own: ${why}. Start Docker or Podman ` +
      '(type `docker info` to see whether it answers, or set DOCKER_HOST to where it does), then run this again.',
  );
}

/**
 * A starting dockerd empties the chains DOCKER and DOCKER-ISOLATION-STAGE-*, even those of another dockerd, which would
 * lose its published ports and network isolation until its restart.
 */
function refuseBesideAnother(): void {
  const other = processes().find(
    ({ pid, args }) => args[0]?.split('/').at(-1) === 'dockerd' && sharesFirewall(pid),
  );
  if (other === undefined) return;
  throw new Error(
    `another Docker engine runs here (process ${other.pid}: ${other.args.slice(0, 2).join(' ')}), and a second one would ` +
      'empty its firewall rules as it starts. Use that one: unset PLINTH_ENGINE and PLINTH_CACHE, or set DOCKER_HOST to ' +
      'its socket. Or stop it first.',
  );
}

/** Whether a dockerd uses this firewall. One inside a container has its own network namespace. */
function sharesFirewall(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`) === readlinkSync('/proc/self/ns/net');
  } catch {
    return false;
  }
}

/** The client must not be older than the daemon; the one installed with the daemon is not. */
async function linkClient(paths: PrivatePaths): Promise<void> {
  const client = ['/usr/bin/docker', '/usr/local/bin/docker'].find((path) => existsSync(path));
  if (client === undefined)
    throw new Error('dockerd is installed without a client: apt-get install docker-cli');
  const link = `${paths.bin}/docker`;
  await rm(link, { force: true });
  await symlink(client, link);
}

/** Prepares bridge and addresses without links, and records the machine's state. */
async function prepareMachine(paths: PrivatePaths): Promise<AddressRange> {
  const notes = readNotes(paths);
  const pool = (notes && parseNetwork(notes.pool)) ?? freePool();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const before =
    notes?.before?.boot === boot
      ? notes.before
      : { boot, ...(await readFirewall()), ipForward: readFileSync(forwarding, 'utf8').trim() };
  await writeNotes(paths, { pool: formatNetwork(pool), before });
  await ensureBridge(paths.bridge, `${formatAddress(pool.address + 1)}/24`);
  await unplugAll(await bridgesIn(pool, paths.bridge));
  return pool;
}

async function restoreMachine(paths: PrivatePaths, notes: Notes): Promise<void> {
  const pool = parseNetwork(notes.pool);
  const bridges = await bridgesIn(pool, paths.bridge);
  if (notes.before !== undefined) {
    await cleanFirewall(notes.before, (word) => {
      const address = parseNetwork(word);
      return bridges.includes(word) || (pool && address ? overlaps(pool, address) : false);
    });
    if (!notes.before.chains) writeFileSync(forwarding, notes.before.ipForward);
  }
  await removeBridges(bridges);
  removeCgroup(paths.cgroup);
  await writeNotes(paths, { pool: notes.pool });
}

async function launch(paths: PrivatePaths, pool: AddressRange): Promise<number> {
  const dockerd = ['/usr/sbin/dockerd', '/usr/bin/dockerd'].find((path) => existsSync(path)) ?? 'dockerd';
  const upperHalf = { address: pool.address + 2 ** (32 - pool.prefix - 1), prefix: pool.prefix + 1 };
  const args = [
    `--host=unix://${paths.socket}`,
    `--data-root=${paths.dataRoot}`,
    `--exec-root=${paths.run}/exec`,
    `--pidfile=${paths.pidFile}`,
    `--bridge=${paths.bridge}`,
    `--default-address-pool=base=${formatNetwork(upperHalf)},size=24`,
    `--cgroup-parent=/${paths.cgroup}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    `--containerd-namespace=${paths.namespace}`,
    `--containerd-plugins-namespace=${paths.namespace}-plugins`,
    `--config-file=${paths.config}`,
    '--log-driver=json-file',
    '--log-opt=max-size=10m',
    '--log-opt=max-file=2',
  ];
  await writeFile(paths.config, '{}\n'); // and not that of the machine's own engine
  if (!hasSysResource()) {
    const { stdout: runc } = await execa('sh', ['-c', 'command -v runc'], {
      env: { PATH: `/usr/sbin:/usr/bin:/sbin:${process.env.PATH ?? ''}` },
    });
    await writeRuntimeShim(paths.shim, runc.trim());
    args.push(`--add-runtime=plinth=${paths.shim}`, '--default-runtime=plinth');
  }
  // All nodes are in it: in parallel with a build on every core, they would miss their deadlines.
  makeCgroup(paths.cgroup, 2 * availableParallelism());
  const log = openSync(paths.log, 'w', 0o600);
  // In a separate mount namespace, so that mounts of containers are invisible outside and end with the engine.
  const daemon = spawn('unshare', ['--mount', '--propagation=slave', '--', dockerd, ...args], {
    cwd: '/',
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ''}` },
  });
  const pid = await new Promise<number>((resolve, reject) => {
    daemon.once('error', reject);
    daemon.once('spawn', () => resolve(daemon.pid ?? 0));
  });
  daemon.unref();
  return pid;
}

async function waitUntilReady(paths: PrivatePaths, daemon: number): Promise<void> {
  const end = Date.now() + startSeconds * 1000;
  while (!(await accepts(paths.socket))) {
    if (!isAlive(daemon)) throw new Error(`the private Docker engine did not start.${logTail(paths)}`);
    if (Date.now() > end) {
      throw new Error(
        `the private Docker engine did not answer on ${paths.socket} within ${startSeconds} s.${logTail(paths)}`,
      );
    }
    await sleep(100);
  }
}

/** Stops the remaining processes of an earlier start: the daemon, its containerd, and those of containers. */
async function clearRemains(paths: PrivatePaths, report: Report): Promise<void> {
  const daemons = ownProcesses(paths).filter(({ args }) => args.some((arg) => arg.includes(paths.dataRoot)));
  // The daemon stops its containers, each within its grace period, and then containerd.
  await endProcesses(
    daemons.map(({ pid }) => pid),
    30,
  );
  const rest = ownProcesses(paths);
  if (rest.length > 0) {
    report(`ending ${rest.length} processes that an earlier private engine left`);
    await endProcesses(
      withDescendants(rest, processes()).map(({ pid }) => pid),
      1,
    );
  }
  await rm(paths.pidFile, { force: true });
  await rm(paths.socket, { force: true });
  await rm(`${paths.run}/exec/containerd/containerd.pid`, { force: true });
}

/** The daemon, its containerd and the shims: all have the engine's paths or namespace in their arguments. */
function ownProcesses(paths: PrivatePaths): Process[] {
  return processes().filter(({ pid, args }) => {
    if (pid === process.pid) return false;
    const program = args[0]?.split('/').at(-1) ?? '';
    if (!/^(dockerd|containerd|containerd-shim.*|docker-proxy|unshare)$/.test(program)) return false;
    return args.some(
      (arg) => arg.includes(paths.dataRoot) || arg.startsWith(`${paths.run}/`) || arg === paths.namespace,
    );
  });
}

function accepts(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = connect(socket);
    connection.once('connect', () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

function logTail(paths: PrivatePaths): string {
  let lines = '';
  try {
    lines = readFileSync(paths.log, 'utf8').trim().split('\n').slice(-12).join('\n');
  } catch {
    return '';
  }
  return ` The last lines of its log, ${paths.log}:\n${lines}`;
}
