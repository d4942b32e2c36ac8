import { execa } from 'execa';

/** One run of pip. */
export interface PipRun {
  /** Python interpreter. Default: `python3`. */
  python?: string;
  /** Path of a requirements file with the version and the checksum of every package. */
  requirements: string;
  /** Further options of the command. */
  options?: readonly string[];
  signal?: AbortSignal | undefined;
}

/** The failure of a run of pip. */
export interface PipFailure {
  /** Output of pip; empty if it did not start. */
  output: string;
  /** Whether the interpreter is missing. */
  isMissing: boolean;
}

/**
 * Runs `pip download` or `pip install` for wheels whose checksums pip verifies (`--require-hashes`), with this machine's
 * settings of pip. Returns undefined on success.
 */
export async function runPip(
  command: 'download' | 'install',
  { python = 'python3', requirements, options = [], signal }: PipRun,
): Promise<PipFailure | undefined> {
  const result = await execa(
    python,
    [
      ...['-m', 'pip', command, '--quiet', '--no-input', '--disable-pip-version-check'],
      ...['--only-binary', ':all:', '--require-hashes', '--requirement', requirements, ...options],
    ],
    {
      stdin: 'ignore',
      all: true,
      reject: false,
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    },
  );
  if (!result.failed) return undefined;
  signal?.throwIfAborted();
  return { output: (result.all ?? '').trim(), isMissing: result.code === 'ENOENT' };
}
