import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { withCacheLock } from '../../images/cache/index.ts';
import { cacheDir } from '../../images/cache/paths.ts';
import { installDebianPackages } from '../../images/debian/index.ts';
import type { Report } from '../../images/index.ts';
import { runPip } from '../../images/wheel/index.ts';
import { Failure } from '../cli/failure.ts';

interface Wanted {
  /** Name in messages. */
  title: string;
  /** Folder in the cache. */
  name: string;
  /** File with every package, version and checksum. */
  requirements: string;
  /** Debian packages to install if Python cannot create a virtual environment. */
  debian: readonly string[];
}

/**
 * The folder with programs of Python packages: a virtual environment in the cache, created if missing. Every
 * package is verified by checksum.
 */
export async function ensurePythonPackages(
  { title, name, requirements, debian }: Wanted,
  report: Report,
  signal?: AbortSignal,
): Promise<string> {
  const version = await pythonVersion(title);
  const key = createHash('sha256')
    .update(await readFile(requirements))
    .update(version)
    .digest('hex')
    .slice(0, 16);
  const folder = join(cacheDir(), name, key);
  const complete = join(folder, 'complete');
  const done = async (): Promise<string | undefined> =>
    existsSync(complete) ? join(folder, 'bin') : undefined;
  return (
    (await done()) ??
    withCacheLock(`${name}-${key}`, { report, signal, done }, async () => {
      report(`installing ${title}`);
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      if (!(await hasVenv())) await installDebianPackages([...debian], report);
      const venv = await execa('python3', ['-m', 'venv', folder], {
        stdin: 'ignore',
        all: true,
        reject: false,
        ...(signal === undefined ? {} : { cancelSignal: signal }),
      });
      signal?.throwIfAborted();
      if (venv.failed) throw notInstalled(title, 'python3 -m venv', venv.all ?? '');
      const python = join(folder, 'bin', 'python');
      const failure = await runPip('install', { python, requirements, signal });
      if (failure !== undefined) throw notInstalled(title, 'pip', failure.output);
      await writeFile(complete, '');
      return join(folder, 'bin');
    })
  );
}

async function pythonVersion(title: string): Promise<string> {
  const { stdout, failed } = await execa(
    'python3',
    ['-c', 'import sys; print("%d.%d" % sys.version_info[:2])'],
    {
      reject: false,
    },
  );
  const [major = 0, minor = 0] = (stdout ?? '').split('.').map(Number);
  if (!failed && (major > 3 || (major === 3 && minor >= 11))) return stdout.trim();
  throw new Failure(
    failed
      ? `there is no python3 here, which ${title} runs on.`
      : `python3 is ${stdout}; ${title} needs 3.11.`,
    'Install it: apt-get install python3 python3-venv',
  );
}

async function hasVenv(): Promise<boolean> {
  return !(await execa('python3', ['-c', 'import ensurepip, venv'], { reject: false })).failed;
}

function notInstalled(title: string, command: string, output: string): Failure {
  const lines = output.trim().split('\n').slice(-8).join('\n');
  return new Failure(
    `${title} could not be installed: ${command} said\n${lines}`,
    'See that pip reaches its package index, then type the same command again.',
  );
}
