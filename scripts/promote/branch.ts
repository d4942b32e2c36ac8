import { Failure } from '../cli/failure.ts';
import type { ManifestRemote } from '../delivery/manifest-remote.ts';
import type { Forge, PullRequest } from './forge.ts';

/** Branch name of a promotion, one per app, environment and digest. */
export function promotionBranch(app: string, environment: string, digest: string): string {
  return `promote/${app}/${environment}/${digest.replace('sha256:', '').slice(0, 12)}`;
}

/** The published form of a promotion: its branch and request. */
export interface Promotion {
  app: string;
  environment: string;
  branch: string;
  commit: string;
  /** The commit from which it was rendered. */
  source: string;
  title: string;
  body: string;
}

/**
 * Pushes the branch of a promotion, opens a request if there is a forge, and removes branches and requests for other digests of the
 * same app in the same environment. A second run updates the request.
 * @throws Failure if another branch was rendered from newer sources; nothing is pushed then.
 */
export async function offer(
  remote: ManifestRemote,
  forge: Forge | undefined,
  { app, environment, branch, commit, source, title, body }: Promotion,
): Promise<{ request: PullRequest | undefined; superseded: string[] }> {
  const into = remote.address.branch;
  const prefix = `promote/${app}/${environment}/`;
  const before = [...(await remote.branches(`${prefix}*`)).keys()];
  const others = before.filter((each) => each.startsWith(prefix) && each !== branch);
  for (const other of others) {
    const theirs = await remote.sourceOf(other);
    if (theirs === undefined || theirs === source || (await remote.isAncestor(theirs, source))) continue;
    throw new Failure(
      `the branch ${other} of ${remote.address.url} promotes newer sources of ${app} to ${environment} (${theirs.slice(0, 12)}, not in ${source.slice(0, 12)}); nothing was pushed.`,
      `Merge that one. Or, if it shall not be merged: git push ${remote.address.url} --delete ${other}, then type the same command again.`,
    );
  }
  await remote.pushBranch(commit, branch);
  const open = ((await forge?.open(into)) ?? []).filter((each) => each.branch.startsWith(prefix));
  const known = open.find((each) => each.branch === branch);
  if (known !== undefined) await forge?.update(known, { title, body });
  const request = known ?? (await forge?.create({ branch, into, title, body }));
  // Not those of a promotion that came meanwhile.
  for (const each of open.filter((one) => others.includes(one.branch))) await forge?.close(each);
  for (const each of others) await remote.deleteBranch(each);
  return { request, superseded: others };
}
