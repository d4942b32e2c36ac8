import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';
import { clusterClient } from '../cluster/client.ts';
import { type Git, GitError, gitIn, hasCommit } from '../delivery/git.ts';
import { blobId, commitFiles } from './commit-files.ts';
import { type GitService, serveFromPod } from './git-service.ts';
import { isBelow } from './is-below.ts';

/** The Git repository in the cluster that Flux reads. A push is an exec in its pod: the right to exec is the only credential. */
export interface ManifestRepository {
  /** Runs a service of Git there, with this stream as its input and output, until one of the two ends. */
  serve: (service: GitService, stream: Duplex) => Promise<void>;
  /** Git directory for the commits, in the state folder. */
  gitDir: string;
}

/** The repository of a cluster. */
export function manifestRepository(cluster: string): ManifestRepository {
  return {
    serve: (service, stream) => serveFromPod(clusterClient(cluster), service, stream),
    gitDir: join(stateDir(), cluster, 'manifests.git'),
  };
}

/** Result of a push. */
export interface Pushed {
  commit: string;
  /** Its parent; absent if it has none, or if nothing was committed. */
  parent?: string | undefined;
  /** False if the repository already had these manifests. */
  changed: boolean;
  /** Changed manifests: `manifests/dev/orders/deployment-orders.yaml`. */
  paths: string[];
  /** Manifests below `leave` that differ from the repository. */
  left: string[];
}

/** Content and settings of a commit. */
interface PushOptions {
  root: string;
  environment: string;
  /** Map from path to text. */
  manifests: ReadonlyMap<string, string>;
  message: string;
  /** Folders and files of manifests that stay unchanged in the repository. Default: none. */
  leave?: readonly string[];
  signal?: AbortSignal;
}

/** Git's name of the remote that `serve` answers. */
const served = 'fd::3';
/** The last commit that this machine saw in the repository. */
const seen = 'refs/plinth/seen';
const attempts = 4;

/**
 * Commits these manifests as `manifests/ENV` on top of the repository's newest commit and pushes. Other paths
 * in the repository stay; the checkout is unchanged, only its Git configuration gives the author.
 * A fetch takes a second, so the first attempt is based on the last commit that this machine saw. The
 * repository refuses it if there is a newer one; then it is fetched.
 */
export async function pushManifests(repository: ManifestRepository, options: PushOptions): Promise<Pushed> {
  const git = await openRepository(repository, options.signal);
  for (let attempt = 1; ; attempt++) {
    const known = attempt === 1 ? await lastSeen(git) : undefined;
    const parent = known ?? (await readHead(git, repository));
    const made = await commitOn(git, parent, options);
    if (!made.changed) {
      // That may not be the newest commit any more.
      if (known !== undefined) continue;
      await git(['update-ref', seen, made.commit]);
      return made;
    }
    try {
      const lease = `--force-with-lease=refs/heads/main:${parent ?? ''}`;
      await git(['push', '--quiet', lease, served, `${made.commit}:refs/heads/main`], {
        serve: (stream) => repository.serve('git-receive-pack', stream),
      });
      await git(['update-ref', seen, made.commit]);
      return made;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      // Another push was faster: try again on top of it.
      if (attempt < attempts && /fetch first|non-fast-forward|stale info|cannot lock ref/.test(error.said))
        continue;
      throw new Failure(
        `the manifests could not be pushed to the cluster's Git server: ${error.message}`,
        'Check that it runs (npm run status), then type the same command again.',
        { cause: error },
      );
    }
  }
}

/** Commits the manifests on top of a commit; returns that commit if nothing differs. */
async function commitOn(
  git: Git,
  parent: string | undefined,
  { root, environment, manifests, message, leave = [] }: PushOptions,
): Promise<Pushed> {
  const held = await filesOf(git, parent, `manifests/${environment}`);
  const differ = [...new Set([...held.keys(), ...manifests.keys()])].filter((path) => {
    const text = manifests.get(path);
    return held.get(path) !== (text === undefined ? undefined : blobId(text));
  });
  const isLeft = (path: string) => isBelow(path, leave);
  const [left, paths] = [differ.filter(isLeft), differ.filter((path) => !isLeft(path))];
  if (parent !== undefined && paths.length === 0) return { commit: parent, changed: false, paths, left };
  const files = new Map(paths.map((path) => [path, manifests.get(path)]));
  const commit = await commitFiles(git, { parent, files, message, author: await authorOf(root) });
  return { commit, parent, changed: true, paths, left };
}

/** The files below a path with the hashes of their content; what is not an ordinary file has another hash. */
async function filesOf(git: Git, commit: string | undefined, path: string): Promise<Map<string, string>> {
  if (commit === undefined) return new Map();
  const listed = await git(['ls-tree', '-r', '-z', '--full-tree', commit, '--', path]);
  return new Map(
    listed.split('\0').flatMap((entry) => {
      const [, kind, id, file] = /^(.*) ([0-9a-f]+)\t(.*)$/s.exec(entry) ?? [];
      if (id === undefined || file === undefined) return [];
      return [[file, kind === '100644 blob' ? id : `${kind} ${id}`] as const];
    }),
  );
}

async function lastSeen(git: Git): Promise<string | undefined> {
  const commit = word(await git(['for-each-ref', '--format=%(objectname)', seen]));
  return commit === '' ? undefined : commit;
}

/** Git in the repository for commits; creates it if missing. */
async function openRepository({ gitDir }: ManifestRepository, signal: AbortSignal | undefined): Promise<Git> {
  if (!existsSync(join(gitDir, 'HEAD'))) {
    await mkdir(gitDir, { recursive: true });
    await gitIn(gitDir, { signal })([
      ...['init', '--quiet', '--bare', '--object-format=sha1', '--initial-branch=main', gitDir],
    ]);
  }
  return gitIn(gitDir, { env: { GIT_DIR: gitDir }, signal });
}

/** The newest commit of the cluster's repository, fetched; undefined if it has none. */
async function readHead(git: Git, { serve }: ManifestRepository): Promise<string | undefined> {
  const read = { serve: (stream: Duplex) => serve('git-upload-pack', stream) };
  const [head = ''] = (await git(['ls-remote', served, 'refs/heads/main'], read)).split(/\s/);
  if (head === '') return undefined;
  if (!(await hasCommit(git, head)))
    await git(['fetch', '--quiet', '--no-tags', served, 'refs/heads/main'], read);
  return head;
}

function word(text: string): string {
  return text.trim();
}

/** The checkout's author, for the front page; 'plinth' if Git has none. */
async function authorOf(root: string): Promise<{ name: string; email: string }> {
  const git = gitIn(root);
  const read = (key: string): Promise<string> =>
    git(['config', '--get', key]).then(word, (error: unknown) => {
      if (error instanceof GitError) return '';
      throw error;
    });
  const [name, email] = await Promise.all([read('user.name'), read('user.email')]);
  return { name: name || 'plinth', email: email || 'plinth@localhost' };
}
