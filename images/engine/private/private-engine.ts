import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { withCacheLock } from '../../cache/cache-lock.ts';
import { installDebianPackages } from '../../debian/packages.ts';
import type { Report } from '../../report.ts';
import { checkCgroups } from '../cgroups.ts';
import type { Engine } from '../engine.ts';
import { runningEngine } from './client.ts';
import { launchDaemon, linkClient, logTail, waitUntilReady } from './daemon.ts';
import { prepareMachine, restoreMachine } from './machine-state.ts';
import { readNotes } from './notes.ts';
import { privatePaths } from './private-paths.ts';
import { refuseBesideAnother, refuseWhereImpossible, refuseWhileInUse } from './refuse.ts';
import { clearRemains, ownProcesses } from './remains.ts';

/**
 * Starts Plinth's private Docker engine, with its own data, sockets, bridge, addresses and control group, unless it
 * runs. It outlives this process and logs to a file. Leftovers of a killed engine are removed first.
 */
export async function startPrivateEngine(report: Report): Promise<Engine> {
  const paths = privatePaths();
  return withCacheLock('engine', { report, done: () => runningEngine(paths) }, async () => {
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
    const daemon = await launchDaemon(paths, pool);
    await waitUntilReady(paths, daemon);
    const engine = await runningEngine(paths);
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
