import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { stateDir } from '../../images/cache/paths.ts';
import type { Engine } from '../../images/engine/engine.ts';
import { Failure } from '../cli/failure.ts';

/**
 * The Git repository in the cluster that Flux reads. It is pushed to through `kubectl exec` inside the control plane's
 * container: who may use the engine or the kubeconfig may push, there is no other key.
 */
export interface ManifestRepository {
  /** For `git push` and `git clone`. */
  remote: string;
  environment: Record<string, string>;
  /** Where the commits are made: a Git directory in the state folder, with a work tree inside. */
  gitDir: string;
}

/** The repository of the cluster of that name. */
export function manifestRepository(engine: Engine, cluster: string): ManifestRepository {
  const exec = [
    engine.command,
    // Whoever clones by this address has no environment of ours.
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

/** What a push did. */
export interface Pushed {
  commit: string;
  /** False when the repository held these manifests already. */
  changed: boolean;
  /** The manifests that the commit changes: `manifests/dev/orders/deployment-orders.yaml`. */
  paths: string[];
  /** Those below `leave` that differ from the ones in the repository. */
  left: string[];
}

/**
 * Commits these manifests as `manifests/ENV` on top of what the repository holds, and pushes them. What others pushed to
 * other paths stays; nothing of the checkout, whose Git configuration names the author, is touched.
 */
export async function pushManifests(
  repository: ManifestRepository,
  options: {
    root: string;
    environment: string;
    /** From path to text. */
    manifests: ReadonlyMap<string, string>;
    message: string;
    /** Folders and files of manifests that stay as the repository has them. Default: none. */
    leave?: readonly string[];
    signal?: AbortSignal;
  },
): Promise<Pushed> {
  const { root, environment, manifests, message, leave = [], signal } = options;
  const workTree = join(repository.gitDir, 'work-tree');
  const git = async (args: string[], input?: string): Promise<string> => {
    const { stdout } = await execa('git', ['-c', 'protocol.ext.allow=user', ...args], {
      cwd: workTree,
      env: {
        ...repository.environment,
        GIT_DIR: repository.gitDir,
        GIT_WORK_TREE: workTree,
        GIT_INDEX_FILE: join(repository.gitDir, 'plinth-index'),
        GIT_TERMINAL_PROMPT: '0',
      },
      ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
      ...(signal === undefined ? {} : { cancelSignal: signal }),
    });
    return stdout.trim();
  };
  if (!existsSync(join(repository.gitDir, 'HEAD'))) {
    await execa('git', ['init', '--quiet', '--bare', '--initial-branch=main', repository.gitDir]);
  }
  const path = `manifests/${environment}`;
  await rm(workTree, { recursive: true, force: true });
  for (const folder of new Set([...manifests.keys()].map(dirname))) {
    await mkdir(join(workTree, folder), { recursive: true });
  }
  await Promise.all([...manifests].map(([file, text]) => writeFile(join(workTree, file), text)));
  for (let attempt = 1; ; attempt++) {
    const parent = (await git(['ls-remote', repository.remote, 'refs/heads/main'])).split(/\s/)[0] ?? '';
    if (parent === '') await git(['read-tree', '--empty']);
    else {
      if (!(await has(git, parent)))
        await git(['fetch', '--quiet', '--no-tags', repository.remote, 'refs/heads/main']);
      await git(['read-tree', parent]);
    }
    await git(['add', '--all', '--force', '--', path, ...leave.map((each) => `:(exclude,literal)${each}`)]);
    const left =
      leave.length === 0 ? [] : lines(await git(['diff', '--no-ext-diff', '--name-only', '--', path]));
    const tree = await git(['write-tree']);
    if (parent !== '' && tree === (await git(['rev-parse', `${parent}^{tree}`]))) {
      return { commit: parent, changed: false, paths: [], left };
    }
    const paths = lines(
      parent === ''
        ? await git(['ls-files', '--', path])
        : await git(['diff-tree', '-r', '--name-only', parent, tree]),
    );
    const author = await identity(root);
    const commit = await git([
      ...['-c', `user.name=${author.name}`, '-c', `user.email=${author.email}`, 'commit-tree', tree],
      ...(parent === '' ? [] : ['-p', parent]),
      ...['-m', message],
    ]);
    try {
      await git(['push', '--quiet', repository.remote, `${commit}:refs/heads/main`]);
      return { commit, changed: true, paths, left };
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      // Somebody else pushed in between: once more on top of theirs.
      if (attempt < 3 && /fetch first|non-fast-forward|stale info|cannot lock ref/.test(text)) continue;
      throw new Failure(
        `the manifests could not be pushed to the cluster's Git server: ${text}`,
        'See that it runs (npm run status), then type the same command again.',
        { cause: error },
      );
    }
  }
}

function lines(text: string): string[] {
  return text === '' ? [] : text.split('\n');
}

async function has(git: (args: string[]) => Promise<string>, commit: string): Promise<boolean> {
  return git(['cat-file', '-e', commit]).then(
    () => true,
    () => false,
  );
}

/** Who commits: as the checkout's Git says, so that the front page can name the author. */
async function identity(root: string): Promise<{ name: string; email: string }> {
  const read = async (key: string): Promise<string> =>
    (await execa('git', ['config', '--get', key], { cwd: root, reject: false })).stdout.trim();
  const [name, email] = await Promise.all([read('user.name'), read('user.email')]);
  return { name: name || 'plinth', email: email || 'plinth@localhost' };
}
