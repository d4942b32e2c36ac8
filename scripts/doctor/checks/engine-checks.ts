import { homedir } from 'node:os';
import { cacheDir, stateDir } from '../../../images/cache/paths.ts';
import { cgroups, engineCgroups } from '../cgroups.ts';
import { type MachineCheck, ok } from '../check-result.ts';
import { engine } from '../engine.ts';
import type { Host } from '../host.ts';
import { dockerEndpoint, dockerSocket, inPath, readText } from '../machine.ts';
import { place } from '../place.ts';
import type { FoundEngine } from './found-engine.ts';

/** Checks of the engine and of the place at which it runs. */
export function engineChecks({ looked, engine: engineHere }: FoundEngine, host: Host): MachineCheck[] {
  return [
    {
      name: 'engine',
      find: async () => {
        const found = await looked;
        const [docker, podman] = [inPath('docker'), inPath('podman')];
        const said = 'said' in found ? found.said[docker ? 0 : 1] : undefined;
        const start = inPath('orb') ? 'orb start' : inPath('colima') ? 'colima start' : undefined;
        return engine({
          host,
          engine: await engineHere,
          said,
          docker,
          podman,
          start,
          socket: dockerSocket(),
        });
      },
    },
    {
      name: "engine's place",
      find: async () => {
        const found = await engineHere;
        return place({
          machine: found?.info.machine,
          endpoint: found?.name === 'docker' && !found.private ? await dockerEndpoint() : undefined,
          folders: [cacheDir(), stateDir()],
          home: homedir(),
          wsl: host.wsl,
        });
      },
    },
  ];
}

/** Check of the control groups in which the engine starts containers. */
export function controlGroups({ engine: engineHere }: FoundEngine, host: Host): MachineCheck {
  return {
    name: 'control groups',
    find: async () => {
      const info = (await engineHere)?.info;
      if (info !== undefined && (info.rootless || info.machine !== undefined)) return engineCgroups(info);
      if (host.platform !== 'linux') return ok('those of the engine count');
      return cgroups({
        mounts: readText('/proc/mounts') ?? '',
        controllers: readText('/sys/fs/cgroup/cgroup.controllers'),
      });
    },
  };
}
