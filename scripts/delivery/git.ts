import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

/** Runs Git in a folder, without prompts, and returns its output. */
export type Git = (args: readonly string[], options?: { input?: string }) => Promise<string>;

/** A command of Git that ended with an error. */
export class GitError extends Error {
  override readonly name = 'GitError';
  /** The command, such as `push`. */
  readonly command: string;
  /** Git's message. */
  readonly said: string;

  constructor(command: string, said: string) {
    super(`git ${command}: ${said || 'it gave no reason'}`);
    this.command = command;
    this.said = said;
  }
}

/** @throws GitError if it fails. */
export function gitIn(
  folder: string,
  { env = {}, signal }: { env?: Record<string, string>; signal?: AbortSignal | undefined } = {},
): Git {
  return async (args, { input } = {}) => {
    const result = await execa('git', args, {
      cwd: folder,
      // English messages, because this program parses them.
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

/** Whether the repository has a commit. */
export async function hasCommit(git: Git, commit: string): Promise<boolean> {
  return git(['cat-file', '-e', `${commit}^{commit}`]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError) return false;
      throw error;
    },
  );
}

/** Whether a commit is the same as another or an ancestor of it. */
export async function isAncestor(git: Git, commit: string, of: string): Promise<boolean> {
  return git(['merge-base', '--is-ancestor', commit, of]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError && error.said === '') return false;
      throw error;
    },
  );
}

/** Git's subcommand in a list of arguments, after Git's global options. */
function commandIn(args: readonly string[]): string {
  return args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-c') ?? '';
}
