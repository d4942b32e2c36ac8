import { execa } from 'execa';
import { z } from 'zod';
import { type AddressRange, overlaps, parseNetwork } from './address-pool.ts';

const linkSchema = z.array(
  z.object({
    ifname: z.string(),
    addr_info: z.array(z.object({ family: z.string(), local: z.string().optional() })).default([]),
  }),
);

/** Creates the bridge with this address (`10.0.0.1/24`), unless it exists. */
export async function ensureBridge(name: string, address: string): Promise<void> {
  const { failed } = await execa('ip', ['link', 'show', name], { reject: false });
  if (failed) await execa('ip', ['link', 'add', name, 'type', 'bridge']);
  await execa('ip', ['address', 'replace', address, 'dev', name]);
  await execa('ip', ['link', 'set', name, 'up']);
}

/** The bridges with an address in the pool, and the one with this name. */
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
 * Removes the links of these bridges; call it when no container runs. A process that was killed with unsent data leaves a
 * socket that keeps its network namespace for minutes: the old link then answers for the address of a new container, which
 * becomes unreachable.
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
