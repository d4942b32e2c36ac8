import { withClusterLock } from '../cluster/run-lock.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { changePreviews } from './change-previews.ts';
import type { WrittenPreview } from './previews-file.ts';

/** Options of `npm run preview -- close` and `prune`. */
export interface CloseOptions {
  environment: string;
  acceptRewritten: boolean;
  root: string;
  print: (text: string) => void;
}

/** Removes the preview of a pull request, with its databases. Nothing happens where it has none. Returns the exit code. */
export async function close(options: CloseOptions & { request: number }): Promise<number> {
  const { environment, request } = options;
  return remove(options, {
    subject: `Close preview of pull request ${request} in ${environment}`,
    isRemoved: (preview) => preview.request === request,
    nothing: `pull request ${request} has no preview in ${environment}\n`,
  });
}

/** Removes all previews whose time is over. Returns the exit code. */
export async function prune(options: CloseOptions & { now: Date }): Promise<number> {
  const { environment, now } = options;
  return remove(options, {
    subject: `Remove stale previews in ${environment}`,
    isRemoved: (preview) => isStale(preview, now),
    nothing: `no preview in ${environment} is stale\n`,
  });
}

/** Whether the time of a preview is over. */
export function isStale({ expires }: Pick<WrittenPreview, 'expires'>, now: Date): boolean {
  return Date.parse(expires) <= now.getTime();
}

async function remove(
  { environment, acceptRewritten, root, print }: CloseOptions,
  given: { subject: string; isRemoved: (preview: WrittenPreview) => boolean; nothing: string },
): Promise<number> {
  const cluster = readCluster(environment, root);
  return withClusterLock(cluster.name, async () => {
    const remote = await ManifestRemote.open(remoteAddress(environment, cluster), {
      root,
      cluster: cluster.name,
      acceptRewritten,
    });
    const removed = new Set<number>();
    const { commit, changed } = await changePreviews(remote, {
      ...{ environment, root },
      subject: given.subject,
      change: async (before) => {
        removed.clear();
        for (const preview of before) if (given.isRemoved(preview)) removed.add(preview.request);
        return removed.size === 0 ? undefined : before.filter(({ request }) => !removed.has(request));
      },
    });
    print(
      changed
        ? `commit ${commit}\n${[...removed].map((request) => `the preview of pull request ${request} goes, with its databases\n`).join('')}`
        : given.nothing,
    );
    return 0;
  });
}
