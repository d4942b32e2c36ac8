import { readlinkSync } from 'node:fs';
import { execa } from 'execa';
import { processes } from '../processes.ts';
import { runningEngine } from './client.ts';
import type { PrivatePaths } from './private-paths.ts';

/** Only root on Linux can start the private engine. */
export function refuseWhereImpossible(): void {
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
export function refuseBesideAnother(): void {
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

/** Refuses to stop the engine while it runs containers. */
export async function refuseWhileInUse(paths: PrivatePaths): Promise<void> {
  const engine = await runningEngine(paths);
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
