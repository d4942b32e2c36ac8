import { readFileSync, writeFileSync } from 'node:fs';
import { removeCgroup } from '../cgroups.ts';
import {
  type AddressRange,
  formatAddress,
  formatNetwork,
  freePool,
  overlaps,
  parseNetwork,
} from './address-pool.ts';
import { bridgesIn, ensureBridge, removeBridges, unplugAll } from './bridges.ts';
import { cleanFirewall, readFirewall } from './firewall.ts';
import { type Notes, readNotes, writeNotes } from './notes.ts';
import type { PrivatePaths } from './private-paths.ts';

const forwarding = '/proc/sys/net/ipv4/ip_forward';

/** Prepares bridge and addresses without links, and records the machine's state. */
export async function prepareMachine(paths: PrivatePaths): Promise<AddressRange> {
  const notes = readNotes(paths);
  const pool = (notes && parseNetwork(notes.pool)) ?? freePool();
  const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const before =
    notes?.before?.boot === boot
      ? notes.before
      : { boot, ...(await readFirewall()), ipForward: readFileSync(forwarding, 'utf8').trim() };
  await writeNotes(paths, { pool: formatNetwork(pool), before });
  await ensureBridge(paths.bridge, `${formatAddress(pool.address + 1)}/24`);
  await unplugAll(await bridgesIn(pool, paths.bridge));
  return pool;
}

/** Restores the recorded state of firewall and forwarding, and removes bridges and control group. */
export async function restoreMachine(paths: PrivatePaths, notes: Notes): Promise<void> {
  const pool = parseNetwork(notes.pool);
  const bridges = await bridgesIn(pool, paths.bridge);
  if (notes.before !== undefined) {
    await cleanFirewall(notes.before, (word) => {
      const address = parseNetwork(word);
      return bridges.includes(word) || (pool && address ? overlaps(pool, address) : false);
    });
    if (!notes.before.chains) writeFileSync(forwarding, notes.before.ipForward);
  }
  await removeBridges(bridges);
  removeCgroup(paths.cgroup);
  await writeNotes(paths, { pool: notes.pool });
}
