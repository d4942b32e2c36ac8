import { rm } from 'node:fs/promises';
import type { Report } from '../../report.ts';
import { endProcesses, type Process, processes, withDescendants } from '../processes.ts';
import type { PrivatePaths } from './private-paths.ts';

/** Stops the remaining processes of an earlier start: the daemon, its containerd, and those of containers. */
export async function clearRemains(paths: PrivatePaths, report: Report): Promise<void> {
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
export function ownProcesses(paths: PrivatePaths): Process[] {
  return processes().filter(({ pid, args }) => {
    if (pid === process.pid) return false;
    const program = args[0]?.split('/').at(-1) ?? '';
    if (!/^(dockerd|containerd|containerd-shim.*|docker-proxy|unshare)$/.test(program)) return false;
    return args.some(
      (arg) => arg.includes(paths.dataRoot) || arg.startsWith(`${paths.run}/`) || arg === paths.namespace,
    );
  });
}
