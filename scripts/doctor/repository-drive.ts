import { type CheckResult, ok, warn } from './check-result.ts';
import type { Host } from './host.ts';

/**
 * Whether the repository is on a file system that reports changes and reads fast: in WSL not on a Windows
 * drive.
 */
export function repository(folder: string, host: Host): CheckResult {
  if (!host.wsl || !/^\/mnt\/[a-z]\//.test(folder)) return ok(folder);
  return warn(
    `${folder} is on a Windows drive: render --watch sees no changes, and reading takes ten times as long`,
    'git clone "$(git remote get-url origin)" ~/plinth && cd ~/plinth && npm ci',
  );
}
