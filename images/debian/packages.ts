import { existsSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { execa } from 'execa';
import type { Report } from '../report.ts';

const startPolicy = '/usr/sbin/policy-rc.d';

/** Installs missing Debian packages, as root, without starting their services. */
export async function installDebianPackages(packages: string[], report: Report): Promise<void> {
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    throw new Error(
      `${missing.join(', ')} ${missing.length === 1 ? 'is' : 'are'} not installed, and only root on Debian or Ubuntu ` +
        `may install packages from here. Type: sudo apt-get install --no-install-recommends ${missing.join(' ')}`,
    );
  }
  report(`installing ${missing.join(', ')}`);
  const guarded = existsSync(startPolicy);
  if (!guarded) await writeFile(startPolicy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    const lists = await readdir('/var/lib/apt/lists').catch(() => []);
    if (!lists.some((name) => name.includes('_Packages'))) await apt(['update']);
    try {
      await apt(['install', '--yes', '--no-install-recommends', ...missing]);
    } catch {
      await apt(['update']); // a list from last month names versions that are gone
      await apt(['install', '--yes', '--no-install-recommends', ...missing]);
    }
  } finally {
    if (!guarded) await rm(startPolicy, { force: true });
  }
}

async function missingPackages(packages: string[]): Promise<string[]> {
  const { stdout } = await execa(
    'dpkg-query',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg-query's own syntax
    ['--show', '--showformat=${db:Status-Status} ${Package}\n', ...packages],
    { reject: false },
  );
  const installed = new Set(
    stdout.split('\n').flatMap((line) => (line.startsWith('installed ') ? [line.slice(10)] : [])),
  );
  return packages.filter((name) => !installed.has(name));
}

async function apt(args: string[]): Promise<void> {
  const result = await execa('apt-get', ['--quiet', '--option=DPkg::Lock::Timeout=300', ...args], {
    env: { DEBIAN_FRONTEND: 'noninteractive' },
    stdin: 'ignore',
    all: true,
    reject: false,
  });
  if (result.failed) {
    const lines = result.all.trim().split('\n').slice(-8).join('\n');
    throw new Error(`apt-get ${args.join(' ')} failed:\n${lines}\nRun it by hand to see more.`);
  }
}
