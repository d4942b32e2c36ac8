import { platforms } from '../model/lock.ts';

export type Platform = (typeof platforms)[number];

/** The system of this machine, as Go names it; nothing where Plinth has no programs for it. */
export function ownPlatform(os: string = process.platform, cpu: string = process.arch): Platform {
  const named = `${os}/${archOf(cpu)}`;
  const found = platforms.find((platform) => platform === named);
  if (found !== undefined) return found;
  throw new Error(`Plinth has no programs for ${named}: it runs on ${platforms.join(', ')}`);
}

/** What runs in containers of an engine on this machine. */
export function containerPlatform(cpu: string = process.arch): `linux/${string}` {
  return `linux/${archOf(cpu)}`;
}

/** Node's name of a processor as Go has it. */
function archOf(cpu: string): string {
  return cpu === 'x64' ? 'amd64' : cpu;
}
