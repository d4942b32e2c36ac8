import { stripVTControlCharacters, styleText } from 'node:util';
import { nodePlatform } from '../../model/node-platform.ts';
import { migrationsName } from '../../model/schema/database.ts';
import { previewsFile } from '../../model/schema/previews.ts';
import type { PublishedImage, PublishedVersion } from '../../model/schema/published-images.ts';
import { publishedImagesFile } from '../../model/schema/published-images.ts';
import { Failure } from '../cli/failure.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { commitMessage } from '../delivery/commit-message.ts';
import { gitIn } from '../delivery/git.ts';
import { isSameVersion, readPublished, versionOf } from '../delivery/images-file.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { environmentChange } from '../delivery/push-manifests.ts';
import { openRegistry, registryFailure, requireImage } from '../delivery/registry.ts';
import { requireDigests } from '../delivery/render-commit.ts';
import { refuseOlderSources, renderFrom, runningSource } from '../delivery/sources.ts';
import { diffOfManifests } from '../diff/diff.ts';
import { printDiff } from '../diff/print-diff.ts';
import { withVersions } from '../publish/plan.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { requireSignature } from '../signing/require-signature.ts';
import { offer, promotionBranch } from './branch.ts';
import { copyBetween } from './copy-image.ts';
import { copyProofs } from './copy-proofs.ts';
import { forgeOf } from './forge.ts';
import { requestText } from './request-text.ts';

/** Options of `npm run promote`. */
export interface PromoteOptions {
  app: string;
  from: string;
  to: string;
  dryRun: boolean;
  releaseHold: boolean;
  acceptRewritten: boolean;
  root: string;
  print: (text: string) => void;
}

/**
 * Promotes the running version of an app from one environment to another: copies its images by digest, then pushes a branch and, with
 * a forge, opens a pull request. It takes effect when somebody merges it. Returns the exit code.
 */
export async function promote(options: PromoteOptions): Promise<number> {
  const { app, from, to, root, print, releaseHold } = options;
  if (from === to) {
    throw new Failure(
      `${app} would be promoted from ${from} to ${from}.`,
      'Name two environments: npm run promote -- orders staging prod',
    );
  }
  const [source, target] = [readCluster(from, root), readCluster(to, root)];
  const forge = target.source.kind === 'git' && !options.dryRun ? forgeOf(target.source) : undefined;
  return withClusterLock(target.name, async () => {
    const git = gitIn(root);
    const given = { root, acceptRewritten: options.acceptRewritten };
    // Both may be in one repository, which was rewritten for both.
    const origin = await ManifestRemote.open(remoteAddress(from, source), { ...given, cluster: source.name });
    const remote = await ManifestRemote.open(remoteAddress(to, target), { ...given, cluster: target.name });
    const originHead = await origin.head();
    const running = readPublished(from, await origin.file(originHead, publishedImagesFile(from)));
    const known = running?.apps[app];
    if (originHead === undefined || running === undefined || known === undefined) throw nothingOf(app, from);
    const version = versionOf(known);
    const head = await remote.head();
    const before = {
      images: readPublished(to, await remote.file(head, publishedImagesFile(to))),
      manifests: await remote.files(head, `manifests/${to}`),
    };
    const there = before.images?.apps[app];
    if (there !== undefined && isSameVersion(there, version)) {
      print(`${to} runs ${nameOf(version)} of ${app} already\n`);
      return 0;
    }
    const commit = await runningSource(root, origin, { head: originHead, images: running });
    await refuseOlderSources(remote, { source: commit, head, images: before.images });
    const images = withVersions(
      before.images,
      { [app]: version },
      { environment: to, source: commit, releaseHold },
    );
    const previews = await remote.file(head, previewsFile(to));
    const manifests = await renderFrom(root, commit, to, { images, previews });
    requireDigests(manifests, images, [app]);
    const environments = diffOfManifests(before.manifests, manifests);
    const risk = stripVTControlCharacters(printDiff({ ref: to, environments, diagnostics: [] }));
    const title = `Promote ${app} from ${from} to ${to}: ${nameOf(version)}`;
    print(`${title}\n${risk}`);
    if (options.dryRun) return 0;
    await copyImages(options, version);
    const message = await commitMessage(git, { subject: title, ...{ source: commit, apps: [app], images } });
    const change = environmentChange(to, before, { images, manifests }, message);
    const made = change && (await remote.make(change, head));
    if (made === undefined) throw new Error('a promotion changes nothing, and was not refused');
    const branch = promotionBranch(app, to, (version.image ?? version.migrations)?.digest ?? '');
    const body = await requestText(git, { app, to, title, risk, before: there, after: version });
    await requireRunning(origin, { app, from, version });
    const { request, superseded } = await offer(remote, forge, {
      ...{ app, environment: to, branch, commit: made, source: commit, title, body },
    });
    for (const each of superseded) print(`${each} is superseded: deleted\n`);
    const { url, branch: into } = remote.address;
    print(
      request === undefined
        ? `branch ${branch}\n  Look at it, then merge it: git fetch ${url} ${branch} && git push ${url} FETCH_HEAD:${into}\n`
        : `${request.url}\n`,
    );
    return 0;
  });
}

/** Copies the images of a version to the other environment's registry with their signatures, and verifies digest, platform and signature. */
async function copyImages({ app, from, to, root }: PromoteOptions, version: PublishedVersion): Promise<void> {
  const [source, target] = [readCluster(from, root), readCluster(to, root)];
  const report = (line: string): void =>
    void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
  const images: [name: string, image: PublishedImage][] = [
    ...(version.image === undefined ? [] : [[app, version.image] as [string, PublishedImage]]),
    ...(version.migrations === undefined
      ? []
      : [[migrationsName(app), version.migrations] as [string, PublishedImage]]),
  ];
  const names = images.map(([name]) => name);
  const [origin, registry] = [
    await openRegistry({ cluster: source }, names, { report }),
    await openRegistry({ cluster: target }, names, { report }),
  ];
  try {
    for (const [name, image] of images) {
      report(`${name}: from ${origin.host} to ${registry.host}`);
      const signed = { name, digest: image.digest, environment: to };
      await requireSignature(origin, signed, target.registry.signedBy);
      await copyBetween(origin.repository(name), registry.repository(name), image).catch((error: unknown) => {
        throw registryFailure(error, registry, name);
      });
      await requireImage(registry, { name, digest: image.digest, platform: nodePlatform(target) });
      await copyProofs(origin, registry, { name, digest: image.digest });
      await requireSignature(registry, signed, target.registry.signedBy);
    }
  } finally {
    origin.close();
    registry.close();
  }
}

/** @throws Failure if the environment no longer runs the version: a newer one may have been promoted meanwhile. */
export async function requireRunning(
  origin: ManifestRemote,
  { app, from, version }: { app: string; from: string; version: PublishedVersion },
): Promise<void> {
  const images = readPublished(from, await origin.file(await origin.head(), publishedImagesFile(from)));
  const now = images?.apps[app];
  if (now !== undefined && isSameVersion(now, version)) return;
  throw new Failure(
    `${from} no longer runs ${nameOf(version)} of ${app}, but ${now === undefined ? 'none' : nameOf(now)}; nothing was pushed.`,
    'Type the same command again to promote the version that runs now.',
  );
}

function nothingOf(app: string, environment: string): Failure {
  return new Failure(
    `nothing was published of '${app}' in ${environment}.`,
    `Publish it there first: npm run publish -- ${environment} --app ${app}`,
  );
}

function nameOf({ image, migrations }: PublishedVersion): string {
  const { tag, digest } = image ?? migrations ?? { tag: '', digest: '' };
  return `${tag} (${digest.slice(0, 19)})`;
}
