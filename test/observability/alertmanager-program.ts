import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { ensureRoot } from '../../images/debian/index.ts';
import { loadLock } from '../../images/lock/index.ts';

/** Why this machine has no Alertmanager: as in the image, it comes from a Debian root, which only root on Debian or Ubuntu makes. */
export const missingAlertmanager =
  process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')
    ? undefined
    : 'Alertmanager comes from a Debian root filesystem: run this as root on Debian or Ubuntu';

/** Debian's Alertmanager reads its own templates from `/usr/share`: this process alone sees those of the root there. */
const withTemplates = 'mount --bind "$1" /usr/share; shift; exec "$@"';

/**
 * Starts the program of the image that is built here, Debian's in the release of the lock file, out of a folder. The first call makes the root
 * filesystem, in a minute.
 */
export async function startAlertmanager(
  folder: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const suite = loadLock().images.alertmanager?.build?.suite;
  if (suite === undefined) throw new Error('images/lock.yaml names no release of Debian for alertmanager');
  const root = await ensureRoot({ suite, packages: ['prometheus-alertmanager'] }, console.log);
  const paths = ['./usr/bin/prometheus-alertmanager', './usr/share/prometheus'];
  await execa('tar', ['--zstd', '-C', folder, '-xf', root.path, ...paths]);
  const program = [join(folder, 'usr/share'), join(folder, 'usr/bin/prometheus-alertmanager'), ...args];
  return spawn('unshare', ['--mount', 'sh', '-euc', withTemplates, 'sh', ...program], {
    env: { ...env, PATH: process.env.PATH },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}
