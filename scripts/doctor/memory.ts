import { type Finding, ok, warn } from './check.ts';

const gibibyte = 2 ** 30;

/** Whether a cluster fits, given the machine's memory and what is available of it now. */
export function memory(totalBytes: number, availableBytes: number): Finding {
  const found = `${(totalBytes / gibibyte).toFixed(1)} GiB, of which ${(availableBytes / gibibyte).toFixed(1)} are available`;
  if (totalBytes < 4 * gibibyte) {
    return warn(
      `${found}: a cluster wants 4`,
      'Give this machine, or the virtual machine of its engine, 4 GiB or more',
    );
  }
  if (availableBytes < 2 * gibibyte) return warn(`${found}: a cluster wants 2`, 'ps aux --sort=-rss | head');
  return ok(found);
}
