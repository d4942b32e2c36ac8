import { type CheckResult, ok, warn } from './check.ts';
import type { Host } from './host.ts';

/** Whether the repository lies where changes of files are told and reading is quick: below WSL not on a drive of Windows. */
export function repository(folder: string, host: Host): CheckResult {
  if (!host.wsl || !/^\/mnt\/[a-z]\//.test(folder)) return ok(folder);
  return warn(
    `${folder} is on a drive of Windows: render --watch hears of no change, and reading takes ten times as long`,
    'git clone "$(git remote get-url origin)" ~/plinth && cd ~/plinth && npm ci',
  );
}
