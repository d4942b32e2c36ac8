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
  title: string;
  body: string;
}

/**
 * Pushes the branch of a promotion, opens a request if there is a forge, and removes branches and requests for other digests of the
 * same app in the same environment. A second run updates the request.
 */
export async function offer(
  remote: ManifestRemote,
  forge: Forge | undefined,
  { app, environment, branch, commit, title, body }: Promotion,
): Promise<{ request: PullRequest | undefined; superseded: string[] }> {
  await remote.pushBranch(commit, branch);
  const into = remote.address.branch;
  const prefix = `promote/${app}/${environment}/`;
  const open = ((await forge?.open(into)) ?? []).filter((each) => each.branch.startsWith(prefix));
  const known = open.find((each) => each.branch === branch);
  if (known !== undefined) await forge?.update(known, { title, body });
  const request = known ?? (await forge?.create({ branch, into, title, body }));
  for (const each of open.filter((one) => one.branch !== branch)) await forge?.close(each);
  const branches = await remote.branches(`${prefix}*`);
  const superseded = [...branches.keys()].filter((each) => each.startsWith(prefix) && each !== branch);
  for (const each of superseded) await remote.deleteBranch(each);
  return { request, superseded };
}
