import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Temporary files of a run are in one folder, which is removed when the last process of the run has ended. */
export default function setup(): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-services-'));
  // Postgres does not run as root, and comes through here.
  chmodSync(folder, 0o755);
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  return () => {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
    rmSync(folder, { recursive: true, force: true });
  };
}
