import { existsSync } from 'node:fs';
import { totalmem } from 'node:os';
import { cacheDir } from '../../../images/cache/paths.ts';
import { type MachineCheck, ok } from '../check-result.ts';
import { debianTools } from '../debian-tools.ts';
import { disk, engineDisk } from '../disk.ts';
import { availableMemory, freeBytes, inPath } from '../machine.ts';
import { memory } from '../memory.ts';
import { pending } from '../missing-supply.ts';
import type { ChecksInput } from './checks-input.ts';
import type { FoundEngine } from './found-engine.ts';
import { supplyHere } from './supply-here.ts';

/** Checks of disks and memory, and of the tools that fill them with images. */
export function spaceChecks(
  { engine: engineHere }: FoundEngine,
  { cluster, lock, images, host }: Pick<ChecksInput, 'cluster' | 'lock' | 'images' | 'host'>,
): MachineCheck[] {
  return [
    {
      name: 'disk',
      find: async () => {
        await engineHere; // the platform of the engine decides which images are missing
        const missingImages = pending(lock, images).images;
        return disk({
          folder: cacheDir(),
          freeBytes: freeBytes(cacheDir()),
          // Uses the network only if images are missing.
          supply: missingImages > 0 && (await supplyHere(cluster)).mode === 'build' ? 'build' : 'pull',
          missingImages,
        });
      },
    },
    {
      name: 'debian tools',
      find: async () => {
        await engineHere;
        const toBuild = pending(lock, images).images > 0 && (await supplyHere(cluster)).mode === 'build';
        const keys = existsSync('/usr/share/keyrings/debian-archive-keyring.gpg');
        return debianTools({ host, toBuild, mmdebstrap: inPath('mmdebstrap'), keys });
      },
    },
    {
      name: "engine's disk",
      find: async () => {
        const info = (await engineHere)?.info;
        if (info === undefined) return ok('that of the cache');
        const local = info.machine === undefined ? freeBytes(info.root) : undefined;
        return engineDisk(info.root, info.freeBytes ?? local, info.machine);
      },
    },
    {
      name: 'memory',
      find: async () => {
        const info = (await engineHere)?.info;
        const machine = info?.machine;
        return memory(
          info === undefined || machine === undefined
            ? { totalBytes: totalmem(), availableBytes: availableMemory(), machine, wsl: host.wsl }
            : { totalBytes: info.memoryBytes, availableBytes: undefined, machine, wsl: host.wsl },
        );
      },
    },
  ];
}
