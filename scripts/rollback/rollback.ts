import { isDeepStrictEqual, styleText } from 'node:util';
import { nodePlatform } from '../../model/node-platform.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { migrationsName } from '../../model/schema/database.ts';
import { previewsFile } from '../../model/schema/previews.ts';
import {
  type PublishedApp,
  type PublishedImages,
  publishedImagesFile,
} from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { authorOf } from '../delivery/commit-author.ts';
import { commitMessage } from '../delivery/commit-message.ts';
import { gitIn } from '../delivery/git.ts';
import { readPublished } from '../delivery/images-file.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { environmentChange } from '../delivery/push-manifests.ts';
import { openRegistry, requireImage } from '../delivery/registry.ts';
import { type Manifests, requireDigests } from '../delivery/render-commit.ts';
import { renderFrom, runningSource } from '../delivery/sources.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { requireSignature } from '../signing/require-signature.ts';
import { readyCommitsOf } from './last-ready.ts';
import { obstacles, refuseObstacles } from './migrations-between.ts';
import { type RollbackTarget, rolledBack, targetOf } from './target.ts';

/** Options of `npm run rollback`. */
export interface RollbackOptions {
  app: string;
  environment: string;
  to?: string | undefined;
  reviewed: readonly string[];
  dryRun: boolean;
  acceptRewritten: boolean;
  root: string;
  print: (text: string) => void;
}

/** External dependencies of a roll-back; tests replace them. */
export interface RollbackInput {
  open: (cluster: Cluster) => Promise<ManifestRemote>;
  /** Commits of the manifest repository at which the app was Ready. */
  ready: (cluster: string, app: string) => Promise<string[]>;
  /** Throws if the registry does not have the image of the earlier version, or lacks a signature that the environment asks for. */
  requireImage: (cluster: Cluster, app: PublishedApp) => Promise<void>;
  render: (
    source: string,
    given: { images: PublishedImages; previews: string | undefined },
  ) => Promise<Manifests>;
}

/** Rolls an app back to an earlier version with one commit in the manifest repository. Returns the exit code. */
export async function rollback(options: RollbackOptions): Promise<number> {
  const { app, environment, root } = options;
  const cluster = readCluster(environment, root);
  const report = (line: string): void =>
    void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
  report(`roll-back of ${app} in ${environment}`);
  return withClusterLock(cluster.name, () =>
    rollbackIn(options, cluster, {
      open: (cluster) =>
        ManifestRemote.open(remoteAddress(environment, cluster), {
          ...{ root, cluster: cluster.name, acceptRewritten: options.acceptRewritten },
        }),
      ready: (cluster, app) => readyCommitsOf(cluster, app, report),
      requireImage: async (cluster, { image, migrations }) => {
        const images = [
          ...(image === undefined ? [] : [{ name: app, digest: image.digest }]),
          ...(migrations === undefined ? [] : [{ name: migrationsName(app), digest: migrations.digest }]),
        ];
        const names = images.map(({ name }) => name);
        const registry = await openRegistry({ cluster }, names, { report });
        const platform = nodePlatform(cluster);
        try {
          for (const each of images) {
            await requireImage(registry, { ...each, platform });
            await requireSignature(registry, { ...each, environment }, cluster.registry.signedBy);
          }
        } finally {
          registry.close();
        }
      },
      render: (source, given) => renderFrom(root, source, environment, given),
    }),
  );
}

/** The same with given dependencies. */
export async function rollbackIn(
  options: RollbackOptions,
  cluster: Cluster,
  world: RollbackInput,
): Promise<number> {
  const { app, environment, root, print, reviewed } = options;
  const git = gitIn(root);
  const remote = await world.open(cluster);
  const file = publishedImagesFile(environment);
  const read = async (head: string | undefined) => readPublished(environment, await remote.file(head, file));
  const head = await remote.head();
  const first = known(options, await read(head));
  const arrived = options.dryRun ? undefined : await remote.arrived(head, subjectOf(options));
  if (arrived !== undefined && isDeepStrictEqual((await read(arrived))?.apps[app], first)) {
    print(
      `commit ${arrived}\nthe roll-back of ${app} in ${environment} that was typed before arrived, although its answer was lost; nothing was changed now\n`,
    );
    return 0;
  }
  const ready = new Set<string>();
  for (const commit of await world.ready(cluster.name, app)) {
    if (!(await remote.has(commit))) continue;
    const digest = (await read(commit))?.apps[app]?.image?.digest;
    if (digest !== undefined) ready.add(digest);
  }
  const target = targetOf(app, first, { to: options.to, ready });
  const again = `npm run rollback -- ${app} --env ${environment}${options.to === undefined ? '' : ` --to ${options.to}`}`;
  refuseObstacles(
    app,
    await obstacles(git, { app, running: first, target: target.version, reviewed }),
    again,
  );
  const { name: by } = await authorOf(git);
  const next = rolledBack(first, target.version, by);
  print(`${app} in ${environment}: from ${nameOf(first)} to ${nameOf(next)}, ${target.reason}\n`);
  if (options.dryRun) return 0;
  await world.requireImage(cluster, next);
  const { commit } = await remote.commit(async (head) => {
    const images = await read(head);
    const now = known(options, images);
    if (head === undefined || images === undefined || !isDeepStrictEqual(now, first)) {
      throw new Failure(
        `somebody else published or rolled back ${app} in ${environment} meanwhile; nothing was changed.`,
        `Look at it, then type the same command again: ${again}`,
      );
    }
    const source = await runningSource(root, remote, { head, images });
    const after = { source: images.source, apps: { ...images.apps, [app]: next } };
    const previews = await remote.file(head, previewsFile(environment));
    const manifests = await world.render(source, { images: after, previews });
    requireDigests(manifests, after, [app]);
    const message = await commitMessage(git, {
      subject: `${subjectOf(options)}${nameOf(next)}`,
      body: `From ${nameOf(first)}: ${target.reason}. It is held there until --release-hold.`,
      ...{ source, apps: [app], images: after },
    });
    const before = { images, manifests: await remote.files(head, `manifests/${environment}`) };
    return environmentChange(environment, before, { images: after, manifests }, message);
  });
  print(
    `commit ${commit ?? ''}\n${app} is held there: a newer version is published by npm run publish -- ${environment} --app ${app} --release-hold\n`,
  );
  return 0;
}

function known({ app, environment }: RollbackOptions, images: PublishedImages | undefined): PublishedApp {
  const found = images?.apps[app];
  if (found !== undefined) return found;
  const others = Object.keys(images?.apps ?? {});
  throw new Failure(
    `nothing was published of '${app}' in ${environment}.`,
    others.length === 0
      ? `Publish first: npm run publish -- ${environment}`
      : `Name one of: ${others.join(', ')}`,
  );
}

/** Beginning of a commit's subject. */
function subjectOf({ app, environment }: Pick<RollbackOptions, 'app' | 'environment'>): string {
  return `Roll back ${app} in ${environment} to `;
}

function nameOf({ image }: PublishedApp | RollbackTarget['version']): string {
  return image === undefined ? 'an image of upstream' : `${image.tag} (${image.digest.slice(0, 19)})`;
}
