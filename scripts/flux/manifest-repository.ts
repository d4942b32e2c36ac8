import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stateDir } from '../../images/cache/paths.ts';
import type { Engine } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';
import { type Git, GitError, gitIn, hasCommit } from '../delivery/git.ts';

/**
 * The Git repository in the cluster that Flux reads. Pushes go through `kubectl exec` in the control plane's
 * container: access to the engine or the kubeconfig is the only credential.
 */
export interface ManifestRepository {
  /** For `git push` and `git clone`. */
  remote: string;
  environment: Record<string, string>;
  /** Folder for the commits: a Git directory in the state folder, with a work tree inside. */
  gitDir: string;
}

/** The repository of a cluster. */
export function manifestRepository(engine: Engine, cluster: string): ManifestRepository {
  const exec = [
    engine.command,
    // A clone by this address has none of this program's variables.
    ...(engine.env.DOCKER_HOST === undefined ? [] : ['--host', engine.env.DOCKER_HOST]),
    'exec',
    '-i',
    `${cluster}-control-plane`,
    ...['kubectl', '--kubeconfig=/etc/kubernetes/admin.conf', '-n', 'git-server'],
    ...['exec', '-i', 'deploy/git-server', '--', '%S', '/srv/git/platform.git'],
  ];
  return {
    // git-remote-ext(7): blanks inside an argument are written '% '.
    remote: `ext::${exec.map((argument) => argument.replaceAll(' ', '% ')).join(' ')}`,
    environment: engine.env,
    gitDir: join(stateDir(), cluster, 'manifests.git'),
  };
}

/** Result of a push. */
export interface Pushed {
  commit: string;
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
  const { remote } = repository;
  const git = await openRepository(repository, options.signal);
  await writeWorkTree(workTreeOf(repository), options.manifests);
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
      await git(['push', '--quiet', lease, remote, `${made.commit}:refs/heads/main`]);
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
  { root, environment, message, leave = [] }: PushOptions,
): Promise<Pushed> {
  const path = `manifests/${environment}`;
  await git(['read-tree', parent ?? '--empty']);
  await git(['add', '--all', '--force', '--', path, ...leave.map((each) => `:(exclude,literal)${each}`)]);
  const left =
    leave.length === 0 ? [] : lines(await git(['diff', '--no-ext-diff', '--name-only', '--', path]));
  const tree = word(await git(['write-tree']));
  if (parent !== undefined && tree === word(await git(['rev-parse', `${parent}^{tree}`])))
    return { commit: parent, changed: false, paths: [], left };
  const changes =
    parent === undefined ? ['ls-files', '--', path] : ['diff-tree', '-r', '--name-only', parent, tree];
  const [paths, author] = await Promise.all([git(changes), authorSettings(root)]);
  const parents = parent === undefined ? [] : ['-p', parent];
  const commit = word(await git([...author, 'commit-tree', tree, ...parents, '-m', message]));
  return { commit, changed: true, paths: lines(paths), left };
}

async function lastSeen(git: Git): Promise<string | undefined> {
  const commit = word(await git(['for-each-ref', '--format=%(objectname)', seen]));
  return commit === '' ? undefined : commit;
}

function workTreeOf({ gitDir }: ManifestRepository): string {
  return join(gitDir, 'work-tree');
}

/** Git in the work tree, with its own index; creates the repository for commits if missing. */
async function openRepository(repository: ManifestRepository, signal: AbortSignal | undefined): Promise<Git> {
  const { gitDir, environment } = repository;
  const workTree = workTreeOf(repository);
  if (!existsSync(join(gitDir, 'HEAD'))) {
    await mkdir(gitDir, { recursive: true });
    await gitIn(gitDir, { signal })(['init', '--quiet', '--bare', '--initial-branch=main', gitDir]);
  }
  const env = {
    ...environment,
    GIT_DIR: gitDir,
    GIT_WORK_TREE: workTree,
    GIT_INDEX_FILE: join(gitDir, 'plinth-index'),
  };
  const git = gitIn(workTree, { env, signal });
  return (args, options) => git(['-c', 'protocol.ext.allow=user', ...args], options);
}

async function writeWorkTree(workTree: string, manifests: ReadonlyMap<string, string>): Promise<void> {
  await rm(workTree, { recursive: true, force: true });
  const folders = [...manifests.keys()].map(dirname);
  for (const folder of new Set(['', ...folders])) await mkdir(join(workTree, folder), { recursive: true });
  await Promise.all([...manifests].map(([file, text]) => writeFile(join(workTree, file), text)));
}

/** The newest commit of the cluster's repository, fetched; undefined if it has none. */
async function readHead(git: Git, { remote }: ManifestRepository): Promise<string | undefined> {
  const [head = ''] = (await git(['ls-remote', remote, 'refs/heads/main'])).split(/\s/);
  if (head === '') return undefined;
  if (!(await hasCommit(git, head))) await git(['fetch', '--quiet', '--no-tags', remote, 'refs/heads/main']);
  return head;
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function word(text: string): string {
  return text.trim();
}

/** Git arguments with the checkout's author, for the front page; 'plinth' if Git has none. */
async function authorSettings(root: string): Promise<string[]> {
  const git = gitIn(root);
  const read = (key: string): Promise<string> =>
    git(['config', '--get', key]).then(word, (error: unknown) => {
      if (error instanceof GitError) return '';
      throw error;
    });
  const [name, email] = await Promise.all([read('user.name'), read('user.email')]);
  return ['-c', `user.name=${name || 'plinth'}`, '-c', `user.email=${email || 'plinth@localhost'}`];
}
