import type { Duplex } from 'node:stream';
import { execa } from 'execa';
import { Failure } from '../cli/failure.ts';

/** Runs Git in a folder, without prompts, and returns its output. */
export type Git = (args: readonly string[], options?: GitOptions) => Promise<string>;

/** Options of one command. */
interface GitOptions {
  /** Standard input. Default: none. */
  input?: string;
  /** Answers as the remote `fd::3` (git-remote-fd(1)) until the stream closes; an error is added to Git's message. */
  serve?: (stream: Duplex) => Promise<void>;
}

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
  return async (args, { input, serve } = {}) => {
    const running = execa('git', args, {
      cwd: folder,
      // English messages, because this program parses them.
      env: { ...env, GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
      reject: false,
      stripFinalNewline: false,
      buffer: { fd3: false },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(serve ? ['pipe' as const] : [])],
      ...(input === undefined ? {} : { input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    const [result, problem] = await Promise.all([running, serve && served(running.stdio[3], serve, running)]);
    signal?.throwIfAborted();
    if (result.code === 'ENOENT')
      throw new Failure('git cannot be run here.', 'On Debian and Ubuntu: apt-get install git');
    if (result.failed)
      throw new GitError(commandIn(args), [problem, result.stderr.trim()].filter(Boolean).join('\n'));
    return result.stdout;
  };
}

/** Serves a stream until Git ends; returns what went wrong. */
async function served(
  stream: unknown,
  serve: (stream: Duplex) => Promise<void>,
  ended: Promise<unknown>,
): Promise<string> {
  const duplex = stream as Duplex;
  // Git closes its side after a request, and then reads the answer.
  duplex.allowHalfOpen = true;
  // A broken connection is Git's error, or that of `serve`.
  duplex.on('error', () => {});
  void ended.finally(() => duplex.destroy());
  return serve(duplex).then(
    () => '',
    (error: unknown) => {
      duplex.destroy();
      return error instanceof Error ? error.message : String(error);
    },
  );
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

/** The command that fetches a missing commit into a checkout, as advice. */
export async function fetchAdvice(git: Git): Promise<string> {
  const command = (await isShallow(git)) ? 'git fetch --unshallow' : 'git fetch --all';
  return `Fetch it: ${command}. Then type the same command again.`;
}

/** Whether a checkout has only the newest part of the history. */
export async function isShallow(git: Git): Promise<boolean> {
  return (await git(['rev-parse', '--is-shallow-repository'])).trim() === 'true';
}

/** Git's subcommand in a list of arguments, after Git's global options. */
function commandIn(args: readonly string[]): string {
  return args.find((arg, i) => !arg.startsWith('-') && args[i - 1] !== '-c') ?? '';
}
