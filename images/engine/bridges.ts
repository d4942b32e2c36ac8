import { execa } from 'execa';
import { z } from 'zod';
import { type AddressRange, overlaps, parseNetwork } from './address-pool.ts';

const linkSchema = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string().optional() })).default([]),
  }),
);

/** Makes the bridge with this address (`10.0.0.1/24`), unless it exists. */
export async function ensureBridge(name: string, address: string): Promise<void> {
  const { failed } = await execa('ip', ['link', 'show', name], { reject: false });
  if (failed) await execa('ip', ['link', 'add', name, 'type', 'bridge']);
  await execa('ip', ['address', 'replace', address, 'dev', name]);
  await execa('ip', ['link', 'set', name, 'up']);
}

/** The bridges whose address lies in the pool, and the one of this name. */
export async function bridgesIn(pool: AddressRange | undefined, name: string): Promise<string[]> {
  const { stdout } = await execa('ip', ['-json', 'address', 'show', 'type', 'bridge']);
  const links = linkSchema.parse(JSON.parse(stdout || '[]').filter((link: object) => 'ifname' in link));
  return links
    .filter(({ ifname, addr_info }) => {
      if (ifname === name) return true;
      return addr_info.some(({ local = '' }) => {
        const address = parseNetwork(local);
        return address !== undefined && pool !== undefined && overlaps(address, pool);
      });
    })
    .map(({ ifname }) => ifname);
}

/**
 * Removes what is plugged into these bridges, when nothing runs that could be at its other end. A process that is killed
 * with unsent data leaves a socket behind, which holds its network namespace for minutes: the old link then answers for
 * an address that a new container has, and nobody reaches that one.
 */
export async function unplugAll(bridges: string[]): Promise<void> {
  for (const bridge of bridges) {
    const { stdout } = await execa('ip', ['-json', 'link', 'show', 'master', bridge, 'type', 'veth']);
    const links = linkSchema.parse(JSON.parse(stdout || '[]').filter((link: object) => 'ifname' in link));
    for (const { ifname } of links) await execa('ip', ['link', 'delete', ifname], { reject: false });
  }
}

/** Removes these bridges. */
export async function removeBridges(names: string[]): Promise<void> {
  for (const name of names) await execa('ip', ['link', 'delete', name, 'type', 'bridge'], { reject: false });
}
