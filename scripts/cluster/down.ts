import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stopPrivateEngine } from '../../images/engine/private-engine.ts';
import { findEngine } from '../../images/engine.ts';
import { cacheDir, stateDir } from '../../images/paths.ts';
import { removeRegistry } from '../../images/registry.ts';
import { readCluster } from './environment.ts';
import { deleteNodes, nodeContainers } from './kind.ts';
import { formatTimes, type Phase, runPhases } from './phases.ts';
import { removeCaches } from './remove-caches.ts';
import { withClusterLock } from './run-lock.ts';

/**
 * Removes a cluster: its nodes and state and, with the last cluster, the mirror registry, its network and the private
 * engine. What was built and pulled stays in the cache unless `purge` is set.
 */
export async function takeDown(options: { environment: string; purge: boolean }): Promise<number> {
  const { name } = readCluster(options.environment);
  return withClusterLock(name, async () => {
    const controller = new AbortController();
    const times = await runPhases(phases(name, options.purge), {
      controller,
      again: `npm run init-cluster -- --env ${options.environment} --down${options.purge ? ' --purge' : ''}`,
    });
    process.stdout.write(`\n${formatTimes(times)}\n`);
    return 0;
  });
}

function phases(name: string, purge: boolean): Phase[] {
  let last = false;
  return [
    {
      title: `Nodes of ${name} removed`,
      run: async (report) => {
        const engine = await findEngine();
        if (engine === undefined) return 'no engine runs';
        const containers = await nodeContainers(engine, name);
        if (containers.length > 0) await deleteNodes(engine, name, report);
        return containers.length === 0 ? 'there were none' : undefined;
      },
    },
    {
      title: 'Mirror registry and engine stopped',
      run: async (report) => {
        const engine = await findEngine();
        const others =
          engine === undefined ? [] : (await nodeContainers(engine)).map((container) => container.name);
        last = others.length === 0;
        if (!last) return `still used by ${others.join(', ')}`;
        if (engine !== undefined) await removeRegistry(engine);
        if (engine === undefined || engine.private) await stopPrivateEngine(report);
        return undefined;
      },
    },
    {
      title: 'State removed',
      run: async () => {
        await rm(join(stateDir(), name), { recursive: true, force: true });
        return undefined;
      },
    },
    ...(purge
      ? [
          {
            title: 'Caches removed',
            run: async () => {
              if (!last) return 'other clusters use them';
              await removeCaches(cacheDir());
              return undefined;
            },
          },
        ]
      : []),
  ];
}
