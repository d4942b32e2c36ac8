import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

/** Runs Git in a folder, without asking anybody anything, and gives what it prints. */
export type Git = (args: readonly string[], options?: { input?: string }) => Promise<string>;

/** A command of Git that ended with an error. */
export class GitError extends Error {
  override readonly name = 'GitError';
  /** The command, such as `push`. */
  readonly command: string;
  /** What Git said of it. */
  readonly said: string;

  constructor(command: string, said: string) {
    super(`git ${command}: ${said || 'it gave no reason'}`);
    this.command = command;
    this.said = said;
  }
}

/** @throws GitError where it fails. */
export function gitIn(
  folder: string,
  { env = {}, signal }: { env?: Record<string, string>; signal?: AbortSignal | undefined } = {},
): Git {
  return async (args, { input } = {}) => {
    const result = await execa('git', args, {
      cwd: folder,
      // Its messages are read: in the language in which Git was written.
      env: { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      reject: false,
      stripFinalNewline: false,
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    signal?.throwIfAborted();
    if (result.code === 'ENOENT')
      throw new Failure('git cannot be run here.', 'On Debian and Ubuntu: apt-get install git');
    if (result.failed) throw new GitError(commandIn(args), result.stderr.trim());
    return result.stdout;
  };
}

/** Whether a commit is there. */
export async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return git(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError) return false;
      throw error;
    },
  );
}

/** Whether a commit is another one or above it in its history. */
export async function isAncestor(git: Git, commit: string, of: string): Promise<boolean> {
  return git(['merge-base', '--is-ancestor', commit, of]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError && error.said === '') return false;
      throw error;
    },
  );
}

/** The command of Git among its arguments, behind the options of Git itself. */
function commandIn(args: readonly string[]): string {
  return args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-c') ?? '';
}
