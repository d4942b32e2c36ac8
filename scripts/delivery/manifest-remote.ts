import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stateDir } from '../../images/cache/paths.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { Failure } from '../cli/failure.ts';
import { type Author, authorOf } from './commit-author.ts';
import { type Git, GitError, gitIn, hasCommit, isAncestor, isShallow } from './git.ts';
import { type ManifestChange, makeCommit } from './make-commit.ts';
import { changedPaths, commitsOfPath, filesOfCommit, haveCommonHistory, lastBefore } from './read-commits.ts';
import { explainDisk, explainRemote, isLockedBranch, isMovedBranch } from './remote-errors.ts';

/** The Git repository and branch that Flux reads in an environment. */
export interface RemoteAddress {
  url: string;
  branch: string;
}

/** The manifest repository of an environment. @throws Failure if it is in the cluster: only `deploy` writes there. */
export function remoteAddress(environment: string, { source }: Pick<Cluster, 'source'>): RemoteAddress {
  if (source.kind === 'git') return { url: source.url, branch: source.branch };
  throw new Failure(
    `the manifests of ${environment} are held in its cluster (clusters/${environment}/cluster.yaml: source.kind is '${source.kind}').`,
    `To bring a change there: npm run deploy -- --env ${environment}`,
  );
}

/** Maximum attempts to rebuild a commit on top of concurrent pushes. */
const mostTries = 40;

/** Maximum attempts to push while the server has a lock on the branch; another push holds it for less than a second. */
const mostLockedTries = 5;

/**
 * A manifest repository with several writers. Commits are made in a separate Git folder in the state folder. The checkout stays
 * unchanged; its Git settings give the author and the signing key.
 */
export class ManifestRemote {
  readonly address: RemoteAddress;
  readonly #root: string;
  readonly #gitDir: string;
  readonly #signal: AbortSignal | undefined;
  readonly #objects: string;
  #author: Author | undefined;

  private constructor(options: {
    address: RemoteAddress;
    root: string;
    gitDir: string;
    objects: string;
    signal: AbortSignal | undefined;
  }) {
    this.address = options.address;
    this.#root = options.root;
    this.#gitDir = options.gitDir;
    this.#objects = options.objects;
    this.#signal = options.signal;
  }

  /**
   * @param gitDir Default: in the state folder, by the name of the cluster.
   * @param acceptRewritten Accepts the branch once although its history was rewritten. Default: false.
   */
  static async open(
    address: RemoteAddress,
    options: {
      root: string;
      cluster: string;
      gitDir?: string;
      acceptRewritten?: boolean;
      signal?: AbortSignal | undefined;
    },
  ): Promise<ManifestRemote> {
    const { root, cluster, signal } = options;
    const gitDir = options.gitDir ?? join(stateDir(), cluster, 'published.git');
    try {
      await mkdir(dirname(gitDir), { recursive: true });
      // Again after a disk that was full: what is there stays.
      if (!existsSync(join(gitDir, 'objects/pack')) || !existsSync(join(gitDir, 'HEAD')))
        await gitIn(dirname(gitDir))(['init', '--quiet', '--bare', '--initial-branch=main', gitDir]);
    } catch (error) {
      throw explainDisk(error);
    }
    const objects = await gitIn(root)(['rev-parse', '--path-format=absolute', '--git-path', 'objects']).catch(
      (error: unknown) => {
        if (!(error instanceof GitError)) throw error;
        throw new Failure(
          `${root} is no checkout of Git that can be read, and what is published are commits: ${error.said}`,
          'Clone the repository with the sources (git clone), and type the command there.',
          { cause: error },
        );
      },
    );
    const remote = new ManifestRemote({ address, root, gitDir, objects: objects.trim(), signal });
    if (options.acceptRewritten === true) await remote.#forgetSeen();
    return remote;
  }

  /** Git in the folder of commits. */
  #git(env: Record<string, string> = {}): Git {
    const git = gitIn(this.#gitDir, { env: { GIT_DIR: this.#gitDir, ...env }, signal: this.#signal });
    return async (args, options) => {
      try {
        return await git(args, options);
      } catch (error) {
        throw explainDisk(error);
      }
    };
  }

  /** The same with access to the checkout's objects, to compare commits. Not for fetches: their result would depend on the checkout. */
  #gitWithCheckout() {
    return this.#git({ GIT_ALTERNATE_OBJECT_DIRECTORIES: this.#objects });
  }

  /**
   * The newest commit of the branch; undefined if the branch does not exist yet.
   * @throws Failure if it cannot be read, or if its history was rewritten since this machine last read it.
   */
  async head(): Promise<string | undefined> {
    const { url, branch } = this.address;
    const ref = `refs/heads/${branch}`;
    const git = this.#git();
    try {
      const listed = await git(['ls-remote', '--', url, ref]);
      const commit = listed
        .split('\n')
        .find((line) => line.endsWith(`\t${ref}`))
        ?.split('\t')[0];
      const seen = await this.#seen();
      if (commit === undefined) {
        if (seen !== undefined) throw this.#rewritten(seen, undefined);
        return undefined;
      }
      if (commit === seen) return commit;
      await git(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', url, ref]);
      if (seen !== undefined && !(await isAncestor(git, seen, commit))) throw this.#rewritten(seen, commit);
      await this.#see(commit);
      return commit;
    } catch (error) {
      throw explainRemote(error, this.address);
    }
  }

  async #forgetSeen(): Promise<void> {
    await this.#git()(['update-ref', '-d', this.#seenRef]);
  }

  get #seenRef(): string {
    return `refs/seen/${this.address.branch}`;
  }

  async #seen(): Promise<string | undefined> {
    const text = await this.#git()(['for-each-ref', '--format=%(objectname)', this.#seenRef]);
    return text.trim() || undefined;
  }

  async #see(commit: string): Promise<void> {
    await this.#git()(['update-ref', this.#seenRef, commit]);
  }

  get #unansweredRef(): string {
    return `refs/unanswered/${this.address.branch}`;
  }

  /**
   * The last commit that this machine pushed without an answer, if it arrived nevertheless and its subject begins like this. It is
   * told once.
   */
  async arrived(head: string | undefined, subject: string): Promise<string | undefined> {
    const git = this.#git();
    const format = '--format=%(objectname) %(subject)';
    const [commit = '', ...words] = (await git(['for-each-ref', format, this.#unansweredRef]))
      .trim()
      .split(' ');
    if (commit === '' || !words.join(' ').startsWith(subject)) return undefined;
    if (head === undefined || !(await isAncestor(git, commit, head))) return undefined;
    await git(['update-ref', '-d', this.#unansweredRef]);
    return commit;
  }

  #rewritten(seen: string, now: string | undefined): Failure {
    const { url, branch } = this.address;
    return new Failure(
      `the history of branch ${branch} of ${url} was rewritten: ${seen.slice(0, 12)}, which this machine saw there, is not in ${now === undefined ? 'it; the branch is gone' : now.slice(0, 12)}.`,
      'Ask the person who pushed by force about that commit. To continue with the current branch, add: --accept-rewritten',
    );
  }

  /** The text of a file in a commit; undefined if the commit has no such file. */
  async file(commit: string | undefined, path: string): Promise<string | undefined> {
    if (commit === undefined) return undefined;
    return (await this.files(commit, path)).get(path);
  }

  /** The files of a commit below a folder, by path. */
  async files(commit: string | undefined, folder: string): Promise<Map<string, string>> {
    return commit === undefined ? new Map() : filesOfCommit(this.#git(), commit, folder);
  }

  /** Whether this machine's copy of the repository has a commit. */
  async has(commit: string): Promise<boolean> {
    return hasCommit(this.#git(), commit);
  }

  /** Whether a commit is the same as another or an ancestor of it; also false if this machine lacks one of them. */
  async isAncestor(commit: string, of: string): Promise<boolean> {
    const git = this.#gitWithCheckout();
    if (!(await hasCommit(git, commit)) || !(await hasCommit(git, of))) return false;
    return this.#compared(isAncestor(git, commit, of));
  }

  /** Whether two commits have any history in common. */
  async areRelated(one: string, other: string): Promise<boolean> {
    return this.#compared(haveCommonHistory(this.#gitWithCheckout(), one, other));
  }

  /** @throws Failure if the checkout has only the newest part of the history: commits cannot be compared then. */
  async refuseShallow(): Promise<void> {
    if (!(await isShallow(gitIn(this.#root)))) return;
    throw new Failure(
      'this checkout has only the newest part of the history, and commits are compared by it.',
      'Fetch the rest: git fetch --unshallow. In CI, set the depth of the checkout to 0. Then type the same command again.',
    );
  }

  /** A comparison of commits, which fails where parents are missing. */
  async #compared<T>(comparison: Promise<T>): Promise<T> {
    try {
      return await comparison;
    } catch (error) {
      await this.refuseShallow();
      throw error;
    }
  }

  /** Paths that differ between two commits. */
  async changedPaths(from: string, to: string): Promise<string[]> {
    return changedPaths(this.#gitWithCheckout(), from, to);
  }

  /** Commits that changed a path, the newest first. */
  async history(commit: string, path: string, most: number): Promise<string[]> {
    return commitsOfPath(this.#git(), commit, path, most);
  }

  /** The newest commit of a history that was made before a time; undefined if there is none. */
  async lastBefore(commit: string, time: Date): Promise<string | undefined> {
    return lastBefore(this.#git(), commit, time);
  }

  /**
   * Makes a commit on top of the newest one and pushes it. If somebody else pushed meanwhile, it calls `change` again for the new
   * base. `change` returns undefined if there is nothing to do.
   * @throws Failure if the push fails; nothing is pushed then.
   */
  async commit(
    change: (head: string | undefined) => Promise<ManifestChange | undefined>,
    { report = () => {} }: { report?: (message: string) => void } = {},
  ): Promise<{ commit: string | undefined; changed: boolean; tries: number }> {
    for (let tries = 1; ; tries++) {
      const head = await this.head();
      const wanted = await change(head);
      if (wanted === undefined) return { commit: head, changed: false, tries };
      const made = await this.make(wanted, head);
      if (made === undefined) return { commit: head, changed: false, tries };
      await this.#git()(['update-ref', this.#unansweredRef, made]);
      if (await this.#push(made, this.address.branch, head ?? '')) {
        await this.#see(made);
        await this.#git()(['update-ref', '-d', this.#unansweredRef]);
        return { commit: made, changed: true, tries };
      }
      if (tries === mostTries) {
        throw new Failure(
          `others pushed to ${this.address.url} ${mostTries} times while this was being pushed; nothing was.`,
          'Type the same command again.',
        );
      }
      report('somebody else pushed: committing again on top of it');
      await sleep(Math.random() * Math.min(5_000, 50 * 2 ** tries), undefined, { signal: this.#signal });
    }
  }

  /** Makes a commit without a push; undefined if it would change nothing. */
  async make(change: ManifestChange, parent: string | undefined): Promise<string | undefined> {
    return makeCommit(change, parent, {
      gitDir: this.#gitDir,
      git: (env) => this.#git(env),
      author: async () => {
        this.#author ??= await authorOf(gitIn(this.#root, { signal: this.#signal }));
        return this.#author;
      },
    });
  }

  /** Pushes a commit as its own branch and overwrites that branch. */
  async pushBranch(commit: string, branch: string): Promise<void> {
    const listed = await this.branches(branch);
    if (!(await this.#push(commit, branch, listed.get(branch) ?? ''))) {
      throw new Failure(
        `somebody else pushed to the branch ${branch} of ${this.address.url} at the same time.`,
        'Type the same command again.',
      );
    }
  }

  async deleteBranch(branch: string): Promise<void> {
    try {
      await this.#git()(['push', '--quiet', '--', this.address.url, `:refs/heads/${branch}`]);
    } catch (error) {
      const left = await this.branches(branch).catch(() => undefined);
      if (left !== undefined && !left.has(branch)) return;
      throw explainRemote(error, this.address);
    }
  }

  /** Branches whose names match a pattern of Git, with their commits. */
  async branches(pattern: string): Promise<Map<string, string>> {
    try {
      const listed = await this.#git()(['ls-remote', '--', this.address.url, `refs/heads/${pattern}`]);
      return new Map(
        listed
          .split('\n')
          .filter((line) => line !== '')
          .map((line) => {
            const [commit = '', ref = ''] = line.split('\t');
            return [ref.replace('refs/heads/', ''), commit];
          }),
      );
    } catch (error) {
      throw explainRemote(error, this.address);
    }
  }

  /** The sources of the last commit of a branch that names them in its message; undefined if none does. */
  async sourceOf(branch: string): Promise<string | undefined> {
    const git = this.#git();
    const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', this.address.url];
    try {
      const commit = (await this.branches(branch)).get(branch);
      if (commit === undefined) return undefined;
      await git([...fetch, `refs/heads/${branch}`]);
      const format = '--format=%(trailers:key=Source-Commit,valueonly)';
      const named = await git(['log', '--max-count=50', format, commit]);
      return named.split('\n').find((line) => line !== '');
    } catch (error) {
      throw explainRemote(error, this.address);
    }
  }

  /** Returns false if the branch is no longer at `expected`; empty means that there was no branch. */
  async #push(commit: string, branch: string, expected: string): Promise<boolean> {
    const ref = `refs/heads/${branch}`;
    const lease = `--force-with-lease=${ref}:${expected}`;
    for (let tries = 1; ; tries++) {
      try {
        await this.#git()(['push', '--quiet', lease, '--', this.address.url, `${commit}:${ref}`]);
        return true;
      } catch (error) {
        if (isMovedBranch(error)) return false;
        if (!(error instanceof GitError)) throw error;
        const there = await this.branches(branch).catch(() => undefined);
        if (there !== undefined && (await this.#contains(there.get(branch), commit))) return true;
        if (!isLockedBranch(error)) throw explainRemote(error, this.address);
        if (there !== undefined && (there.get(branch) ?? '') !== expected) return false;
        if (tries === mostLockedTries) throw explainRemote(error, this.address);
        await sleep(200 * 2 ** tries, undefined, { signal: this.#signal });
      }
    }
  }

  /** Whether a branch of the repository has a commit, which the server may have accepted although its answer was lost. */
  async #contains(branchHead: string | undefined, commit: string): Promise<boolean> {
    if (branchHead === undefined || branchHead === commit) return branchHead === commit;
    const git = this.#git();
    const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', this.address.url];
    return git([...fetch, branchHead]).then(
      () => isAncestor(git, commit, branchHead),
      () => false,
    );
  }
}
