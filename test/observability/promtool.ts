import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { stringify } from 'yaml';
import { installDebianPackages } from '../../images/debian/index.ts';

/**
 * Has promtool on this machine: the one that is there, else Debian's, of which no service is started.
 * Returns why there is none: only root on Debian or Ubuntu may install it.
 */
export async function missingPromtool(): Promise<string | undefined> {
  const { failed } = await execa('promtool', ['--version'], { reject: false });
  if (!failed) return undefined;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get'))
    return 'promtool is not there: sudo apt-get install --no-install-recommends prometheus';
  await installDebianPackages(['prometheus'], () => {});
  return undefined;
}

/** Runs promtool in a folder of its own that holds these files as YAML. Returns its complaint, or nothing. */
export async function promtool(args: string[], files: Record<string, object>): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-promtool-'));
  try {
    for (const [name, content] of Object.entries(files))
      writeFileSync(join(folder, name), stringify(content));
    const { failed, all } = await execa('promtool', args, { cwd: folder, reject: false, all: true });
    return failed ? all : '';
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
