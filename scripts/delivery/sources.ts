import type { PublishedImages } from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { fetchAdvice, type Git, GitError, gitIn, hasCommit } from './git.ts';
import type { ManifestRemote } from './manifest-remote.ts';
import { explainDisk, explainRemote } from './remote-errors.ts';
import { type Manifests, SourceCommit } from './render-commit.ts';

/** Paths that a render reads, including its program. */
const inputs = ['apps', 'charts', 'clusters', 'images', 'model', 'operators', 'scripts', 'package-lock.json'];

/** Paths that `publish`, `promote`, `rollback` and `preview` write, in any environment. */
const own = /^(clusters\/[^/]+\/(images|previews)\.yaml$|manifests\/)/;

/**
 * Whether a render of the environment reads something that differs between two commits: what previews are rendered from, for example,
 * although no manifest has changed yet. Also if this machine lacks the earlier one.
 */
export async function inputsDiffer(
  remote: ManifestRemote,
  environment: string,
  { from, to }: { from: string; to: string },
): Promise<boolean> {
  if (from === to) return false;
  if (!(await remote.isAncestor(from, to))) return true;
  const read = inputs.map((input) => (input === 'clusters' ? `clusters/${environment}` : input));
  const isRead = (path: string) => read.some((input) => path === input || path.startsWith(`${input}/`));
  return (await remote.changedPaths(from, to)).some((path) => isRead(path) && !own.test(path));
}

/**
 * The checkout's commit: only a commit documents later which sources were published.
 * @throws Failure if files differ from it.
 */
export async function committedSource(git: Git): Promise<string> {
  const changed = (await git(['status', '--porcelain', '-z', '--untracked-files=all', '--', ...inputs]))
    .split('\0')
    .filter((entry) => entry !== '')
    .map((entry) => entry.slice(3));
  if (changed.length > 0) {
    const shown = changed.slice(0, 3).join(', ');
    const more = changed.length > 3 ? ` and ${changed.length - 3} more` : '';
    throw new Failure(
      `${shown}${more}: not committed, and what is published is a commit that others can look at.`,
      'Commit it, or put it aside: git stash --include-untracked. Then type the same command again.',
    );
  }
  return (await git(['rev-parse', 'HEAD'])).trim();
}

/**
 * Refuses sources that would undo a newer publication or merge.
 * @param head The newest commit of the manifest repository, if there is one.
 */
export async function refuseOlderSources(
  remote: ManifestRemote,
  { source, head, images }: { source: string; head: string | undefined; images: PublishedImages | undefined },
): Promise<void> {
  if (head === undefined) return;
  const { url, branch } = remote.address;
  if (!(await remote.areRelated(source, head))) {
    if (images === undefined || (await remote.isAncestor(images.source, source))) return;
    await remote.refuseShallow();
    throw new Failure(
      `${images.source.slice(0, 12)} was published, and ${source.slice(0, 12)} does not follow from it: what came with it would be undone.`,
      'Bring your branch up to date (git pull --rebase), then type the same command again.',
    );
  }
  // Sources and manifests share a repository: only merged sources can be published.
  if (source !== head && !(await remote.isAncestor(source, head))) {
    await remote.refuseShallow();
    const behind = await remote.isAncestor(head, source);
    throw new Failure(
      `the commit ${source.slice(0, 12)} is not in branch ${branch} of ${url}, which holds sources and manifests.`,
      behind
        ? `Push it first: git push ${url} HEAD:${branch}. Then type the same command again.`
        : 'Bring your branch up to date (git pull --rebase) and push it, then type the same command again.',
    );
  }
  const newer = (await remote.changedPaths(source, head)).filter((path) => !own.test(path));
  if (newer.length === 0) return;
  throw new Failure(
    `branch ${branch} of ${url} has newer sources than ${source.slice(0, 12)}: ${newer.slice(0, 3).join(', ')}${newer.length > 3 ? ` and ${newer.length - 3} more` : ''}.`,
    'Bring your branch up to date (git pull --rebase), then type the same command again.',
  );
}

/**
 * The source commit that an environment runs: the branch itself if sources and manifests share a repository, otherwise the commit
 * that was published last. It is fetched into the checkout if missing.
 */
export async function runningSource(
  root: string,
  remote: ManifestRemote,
  { head, images }: { head: string; images: PublishedImages },
): Promise<string> {
  const git = gitIn(root);
  const own = (await git(['rev-parse', 'HEAD'])).trim();
  if (!(await remote.areRelated(own, head))) return images.source;
  const { url, branch } = remote.address;
  const fetch = ['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--', url, `refs/heads/${branch}`];
  await git(fetch).catch((error: unknown) => {
    throw explainRemote(explainDisk(error), remote.address);
  });
  return head;
}

/**
 * Paths that a commit changes since it left the sources that an environment runs.
 * @throws Failure if the checkout lacks those, or if the two have nothing in common.
 */
export async function changedSince(git: Git, running: string, source: string): Promise<string[]> {
  if (!(await hasCommit(git, running))) {
    throw new Failure(
      `this repository does not have the commit ${running}, which the environment runs.`,
      await fetchAdvice(git),
    );
  }
  const text = await git(['diff', '--name-only', '--no-renames', '-z', `${running}...${source}`]).catch(
    async (error: unknown) => {
      if (!(error instanceof GitError)) throw error;
      throw new Failure(
        `what ${source.slice(0, 12)} changes since ${running.slice(0, 12)}, which the environment runs, cannot be told: ${error.said}`,
        `${await fetchAdvice(git)} Or name the apps of the preview: --app NAME`,
        { cause: error },
      );
    },
  );
  return text.split('\0').filter((path) => path !== '');
}

/** Renders an environment from a source commit with the given published versions and the text of its previews.yaml, if it has one. */
export async function renderFrom(
  root: string,
  source: string,
  environment: string,
  { images, previews }: { images: PublishedImages; previews: string | undefined },
): Promise<Manifests> {
  const commit = await SourceCommit.open(root, source);
  try {
    return await commit.render(environment, images, previews);
  } finally {
    await commit.close();
  }
}
