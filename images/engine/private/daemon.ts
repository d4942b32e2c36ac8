import { spawn } from 'node:child_process';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { isAlive } from '../../cache/is-alive.ts';
import { makeCgroup } from '../cgroups.ts';
import { type AddressRange, formatNetwork } from './address-pool.ts';
import { accepts, startSeconds } from './client.ts';
import type { PrivatePaths } from './private-paths.ts';
import { hasSysResource, writeRuntimeShim } from './runtime-shim.ts';

/** Links the client of Docker. It must not be older than the daemon; the one installed with the daemon is not. */
export async function linkClient(paths: PrivatePaths): Promise<void> {
  const client = ['/usr/bin/docker', '/usr/local/bin/docker'].find((path) => existsSync(path));
  if (client === undefined)
    throw new Error('dockerd is installed without a client: apt-get install docker-cli');
  const link = `${paths.bin}/docker`;
  await rm(link, { force: true });
  await symlink(client, link);
}

/** Starts dockerd, detached from this process, and returns its process id. */
export async function launchDaemon(paths: PrivatePaths, pool: AddressRange): Promise<number> {
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

/** Waits until the daemon serves its socket. @throws Error if it ends or needs too long. */
export async function waitUntilReady(paths: PrivatePaths, daemon: number): Promise<void> {
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

/** The last lines of the daemon's log, as the end of an error message; empty without a log. */
export function logTail(paths: PrivatePaths): string {
  let lines = '';
  try {
    lines = readFileSync(paths.log, 'utf8').trim().split('\n').slice(-12).join('\n');
  } catch {
    return '';
  }
  return ` The last lines of its log, ${paths.log}:\n${lines}`;
}
