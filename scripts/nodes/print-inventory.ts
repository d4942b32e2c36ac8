import { report } from './report-progress.ts';
import { openSite, type SiteOptions } from './site.ts';

/** Prints the inventory of an environment as JSON and returns the exit code. */
export async function printInventory(environment: string, options: SiteOptions): Promise<number> {
  const { inventory } = await openSite(environment, { outputs: options.outputs, report });
  process.stdout.write(`${JSON.stringify(inventory, null, 2)}\n`);
  return 0;
}
