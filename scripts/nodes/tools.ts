import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withCacheLock } from '../../images/cache-lock.ts';
import { installDebianPackages } from '../../images/engine/debian-packages.ts';
import { cacheDir } from '../../images/paths.ts';
import type { Report } from '../../images/report.ts';
import { repositoryRoot } from '../cluster/environment.ts';
import { Failure } from '../failure.ts';

/** The folder with roles and playbooks. */
export const ansibleRoot = join(repositoryRoot, 'ansible');

/**
 * The folder with ansible-playbook, ansible-lint, yamllint and molecule, in the versions of ansible/requirements.txt: a
 * virtual environment of Python in the cache, made where it is missing. Every package is compared with its checksum.
 */
export async function ensureAnsible(report: Report, signal?: AbortSignal): Promise<string> {
  const requirements = join(ansibleRoot, 'requirements.txt');
  const python = await pythonVersion();
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(python)
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheDir(), 'ansible', key);
  const complete = join(folder, 'complete');
  const done = async (): Promise<string | undefined> =>
    existsSync(complete) ? join(folder, 'bin') : undefined;
  return (
    (await done()) ??
    withCacheLock(`ansible-${key}`, { report, signal, done }, async () => {
      report('installing Ansible');
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      if (!(await hasVenv())) await installDebianPackages(['python3-venv', 'openssh-client'], report);
      await run('python3', ['-m', 'venv', folder], signal);
      const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet', 'install', '--require-hashes'];
      await run(
        join(folder, 'bin', 'python'),
        [...pip, '--only-binary', ':all:', '--requirement', requirements],
        signal,
      );
      await writeFile(complete, '');
      return join(folder, 'bin');
    })
  );
}

/** The environment in which the tools find each other and the configuration of this repository. */
export function ansibleEnvironment(bin: string): Record<string, string> {
  return {
    PATH: `${bin}:${process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin'}`,
    ANSIBLE_CONFIG: join(ansibleRoot, 'ansible.cfg'),
    ANSIBLE_HOME: join(cacheDir(), 'ansible', 'home'),
    LC_ALL: 'C.UTF-8',
  };
}

async function pythonVersion(): Promise<string> {
  const { stdout, failed } = await execa(
    'python3',
    ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
    {
      reject: false,
    },
  );
  const [major = 0, minor = 0] = stdout.split('.').map(Number);
  if (!failed && (major > 3 || (major === 3 && minor >= 11))) return stdout.trim();
  throw new Failure(
    failed ? 'there is no python3 here, which Ansible runs on.' : `python3 is ${stdout}; Ansible needs 3.11.`,
    'Install it: apt-get install python3 python3-venv',
  );
}

async function hasVenv(): Promise<boolean> {
  return !(await execa('python3', ['-c', 'import ensurepip, venv'], { reject: false })).failed;
}

async function run(command: string, args: string[], signal: AbortSignal | undefined): Promise<void> {
  const result = await execa(command, args, {
    stdin: 'ignore',
    all: true,
    reject: false,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  if (!result.failed) return;
  signal?.throwIfAborted();
  const lines = (result.all ?? '').trim().split('\n').slice(-8).join('\n');
  throw new Failure(
    `Ansible could not be installed: ${command} said\n${lines}`,
    'See that pip reaches its package index, then type the same command again.',
  );
}
