import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDir } from '../../images/cache/paths.ts';
import type { Report } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { environmentNamed } from '../certs/authority-named.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { type AnsibleInventory, inventoryOf } from './inventory.ts';
import { machinesOf } from './machines.ts';
import { nodePrograms } from './node-programs.ts';

/** Options in addition to the environment. */
export interface SiteOptions {
  /** Outputs of the nodes' stack, if it created them. */
  outputs?: string | undefined;
}

/** A cluster of machines, with the inputs of Ansible. */
export interface Site {
  environment: string;
  cluster: Cluster;
  inventory: AnsibleInventory;
  /** Path of the inventory file. */
  inventoryPath: string;
  /** Address of the API server. */
  endpoint: string;
}

/** Reads an environment, supplies the programs of its nodes, and writes its inventory to the state folder. */
export async function openSite(
  environment: string,
  options: SiteOptions & { report: Report; signal?: AbortSignal | undefined },
): Promise<Site> {
  const cluster = readCluster(environment);
  const machines = await machinesOf(environment, cluster, options.outputs);
  const lock = loadLock();
  const state = join(stateDir(), cluster.name);
  const { apps } = await environmentNamed(environment);
  const inventory = inventoryOf({ cluster, apps }, lock, machines, {
    binaries: await nodePrograms(cluster, lock, options),
    state,
  });
  const inventoryPath = join(state, 'inventory.json');
  await mkdir(state, { recursive: true, mode: 0o700 });
  await writeFile(inventoryPath, `${JSON.stringify(inventory, null, 2)}\n`);
  return { environment, cluster, inventory, inventoryPath, endpoint: machines.endpoint };
}
