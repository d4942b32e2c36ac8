import { platforms } from '../lock/schema.ts';
import { type ContainerPlatform, containerPlatformSchema, type EngineInfo } from './info.ts';

export type Platform = (typeof platforms)[number];

let ofEngine: ContainerPlatform | undefined;

/**
 * The platform of images and the programs in them: that of the engine, which can run in a virtual machine or with
 * emulation. Before an engine has answered, it is Linux on this machine's processor.
 */
export function containerPlatform(): ContainerPlatform {
  return ofEngine ?? supported(`linux/${ownArchitecture()}`, 'this machine');
}

/** Only its architecture, with the name in Go, Debian and OCI. */
export function containerArchitecture(): string {
  return containerPlatform().replace('linux/', '');
}

/** The architecture of this machine, named in the same way. */
export function ownArchitecture(cpu: string = process.arch): string {
  return cpu === 'x64' ? 'amd64' : cpu;
}

/**
 * The operating system of this machine, in Go's notation.
 * @throws Error if there are no programs for it.
 */
export function ownPlatform(os: string = process.platform, cpu: string = process.arch): Platform {
  const named = `${os}/${ownArchitecture(cpu)}`;
  const found = platforms.find((platform) => platform === named);
  if (found !== undefined) return found;
  throw new Error(`Plinth has no programs for ${named}: it runs on ${platforms.join(', ')}`);
}

/** Stores the platform of the selected engine for the rest of this process. */
export function useEnginePlatform({ name, platform }: Pick<EngineInfo, 'name' | 'platform'>): void {
  ofEngine = supported(platform, name);
}

/**
 * Refuses an image of another platform. An engine would run it with emulation, a hundred times slower, or fail later with
 * 'exec format error'.
 */
export function refuseOtherPlatform(ref: string, platform: string, wanted = containerPlatform()): void {
  if (platform === wanted) return;
  throw new Error(
    `${ref} is for ${platform}, and containers run on ${wanted} here. Take a version of it that is published for ${wanted} ` +
      `into images/lock.yaml, or use an engine that runs ${platform}.`,
  );
}

function supported(platform: string, whose: string): ContainerPlatform {
  const known = containerPlatformSchema.safeParse(platform);
  if (known.success) return known.data;
  throw new Error(
    `containers of ${whose} run on ${platform}, and images are had for ${containerPlatformSchema.options.join(' and ')} alone`,
  );
}
