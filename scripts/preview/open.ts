import { styleText } from 'node:util';
import type { Environment } from '../../model/graph.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { nodePlatform } from '../../model/node-platform.ts';
import { AppFiles } from '../../model/reading/app-files.ts';
import { readRepository } from '../../model/reading/read-repository.ts';
import type { PreviewLimits } from '../../model/schema/cluster/preview-limits.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { previewAppName, previewsFile } from '../../model/schema/previews.ts';
import { type PublishedImages, publishedImagesFile } from '../../model/schema/published-images.ts';
import { type BuiltImage, builtImages, isKept } from '../app-images/app-images.ts';
import { Failure } from '../cli/failure.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { buildMissing } from '../delivery/build-missing.ts';
import { authorOf } from '../delivery/commit-author.ts';
import { gitIn } from '../delivery/git.ts';
import { readPublished } from '../delivery/images-file.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { openRegistry, pushImage } from '../delivery/registry.ts';
import { changedSince, committedSource, runningSource } from '../delivery/sources.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { changePreviews, pullRequestTrailers } from './change-previews.ts';
import { previewApps } from './preview-apps.ts';
import { readPreviews, type WrittenPreview } from './previews-file.ts';

/** Options of `npm run preview -- open`. */
export interface OpenOptions {
  environment: string;
  request: number;
  /** Apps of the preview. Default: those that the pull request changes. */
  apps: readonly string[];
  acceptRewritten: boolean;
  root: string;
  now: Date;
  print: (text: string) => void;
}

/**
 * Shows the checkout's commit as the preview of a pull request: pushes the images of its apps by digest, then makes one commit in the
 * manifest repository. A preview that is open already moves to this commit. Returns the exit code.
 */
export async function open(options: OpenOptions): Promise<number> {
  const { environment, request, root, print } = options;
  const limits = limitsOf(environment, root);
  const cluster = readCluster(environment, root);
  const address = remoteAddress(environment, cluster);
  return withClusterLock(cluster.name, async () => {
    const git = gitIn(root);
    const remote = await ManifestRemote.open(address, {
      root,
      cluster: cluster.name,
      acceptRewritten: options.acceptRewritten,
    });
    const source = await committedSource(git);
    const env = await environmentAt(root, environment);
    const chosen = previewApps(env.apps, {
      environment,
      asked: options.apps,
      changed: options.apps.length > 0 ? [] : await changedPaths(options, remote, source),
    });
    for (const [app, reason] of chosen) print(`${previewAppName(request, app)}: ${reason}\n`);
    await refuseElsewhere(options, remote);
    const images = builtImages(env).filter(({ app }) => chosen.has(app));
    const versions = await pushAll(images, env, { root, source });
    const { name: by } = await authorOf(git);
    const expires = new Date(options.now.getTime() + inSeconds(limits.lifetime) * 1000);
    const apps = await appsOf(root, [...chosen.keys()], versions);
    const preview: WrittenPreview = {
      request,
      source,
      expires: expires.toISOString().replace(/\.\d+Z$/, 'Z'),
      by,
      apps,
    };
    const { commit, changed } = await changePreviews(remote, {
      ...{ environment, root },
      change: async (before) => withPreview(before, preview, { environment, limits }),
      subject: `Preview pull request ${request} in ${environment}: ${[...chosen.keys()].join(', ')}`,
      trailers: await pullRequestTrailers(root, source, request),
    });
    print(`${changed ? `commit ${commit}` : 'it is there already'}\n${addresses(env, request, chosen)}`);
    return 0;
  });
}

/** The limits of previews in cluster.yaml. @throws Failure if the environment takes none. */
export function limitsOf(environment: string, root: string): PreviewLimits {
  const { previews, production } = readCluster(environment, root);
  if (production) {
    throw new Failure(
      `${environment} is production, and takes no previews.`,
      'Name another environment, such as staging.',
    );
  }
  if (previews !== undefined) return previews;
  throw new Failure(
    `${environment} takes no previews: clusters/${environment}/cluster.yaml has no previews.`,
    'Add: previews: {}',
  );
}

/** The previews with this one in place of an older one of its pull request. @throws Failure if there are too many. */
export function withPreview(
  before: readonly WrittenPreview[],
  preview: WrittenPreview,
  { environment, limits }: { environment: string; limits: Pick<PreviewLimits, 'max'> },
): WrittenPreview[] {
  const others = before.filter(({ request }) => request !== preview.request);
  if (others.length >= limits.max) {
    const open = others.map(({ request, expires }) => `${request} (until ${expires})`).join(', ');
    throw new Failure(
      `${environment} runs ${others.length} previews, and previews.max of its cluster.yaml is ${limits.max}: ${open}.`,
      `Close one: npm run preview -- close ${environment} --pr ${others[0]?.request}; or those that are stale: npm run preview -- prune ${environment}`,
    );
  }
  return [...others, preview];
}

async function environmentAt(root: string, environment: string): Promise<Environment> {
  const { environments, diagnostics } = await loadGraph(root);
  if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
  const found = environments.find(({ name }) => name === environment);
  if (found === undefined) throw new Error(`${environment} was read and is gone`);
  return found;
}

/** Paths that the checkout's commit changes since it left the sources that the environment runs. */
async function changedPaths(
  { environment, root }: OpenOptions,
  remote: ManifestRemote,
  source: string,
): Promise<string[]> {
  const head = await remote.head();
  const images: PublishedImages | undefined = readPublished(
    environment,
    await remote.file(head, publishedImagesFile(environment)),
  );
  if (head === undefined || images === undefined) {
    throw new Failure(
      `nothing was published in ${environment}, and a preview runs beside what runs there.`,
      `Publish first: npm run publish -- ${environment}`,
    );
  }
  const running = await runningSource(root, remote, { head, images });
  return changedSince(gitIn(root), running, source);
}

/** The names of a preview are the same in each environment: it runs in one. */
async function refuseElsewhere({ environment, request }: OpenOptions, remote: ManifestRemote): Promise<void> {
  for (const [path, text] of await remote.files(await remote.head(), 'clusters')) {
    const [, other] = /^clusters\/([^/]+)\/previews\.yaml$/.exec(path) ?? [];
    if (other === undefined || path === previewsFile(environment)) continue;
    if (!readPreviews(other, text).some((each) => each.request === request)) continue;
    throw new Failure(
      `pull request ${request} has a preview in ${other}, and would have a second one in ${environment}.`,
      `Close the first: npm run preview -- close ${other} --pr ${request}`,
    );
  }
}

type Version = { image?: PushedImage; migrations?: PushedImage };
type PushedImage = { tag: string; digest: string; source: string };

/** Builds and pushes the images of the apps. */
async function pushAll(
  images: readonly BuiltImage[],
  env: Environment,
  { root, source }: { root: string; source: string },
): Promise<Map<string, Version>> {
  const report = (line: string): void =>
    void process.stderr.write(`${styleText('dim', line, { stream: process.stderr })}\n`);
  await buildMissing(
    images.filter((image) => !isKept(image)),
    env,
    { root, report },
  );
  const versions = new Map<string, Version>();
  if (images.length === 0) return versions;
  const registry = await openRegistry(
    env,
    images.map(({ name }) => name),
    { report },
  );
  const platform = nodePlatform(env.cluster);
  try {
    for (const { app, kind, name, kept } of images) {
      const digest = await pushImage(registry, { name, image: kept, platform }, { report });
      versions.set(app, { ...versions.get(app), [kind]: { tag: kept.tag, digest, source } });
    }
  } finally {
    registry.close();
  }
  return versions;
}

/** What previews.yaml says of each app: app.ts as data, its images, and the files that it mounts. */
async function appsOf(
  root: string,
  names: readonly string[],
  versions: ReadonlyMap<string, Version>,
): Promise<WrittenPreview['apps']> {
  const { repository } = await readRepository(root);
  const files = new AppFiles(root);
  const apps = (repository?.apps ?? []).filter(({ name }) => names.includes(name));
  return Object.fromEntries(
    apps.map(({ name, source, value }) => {
      const mounted = files.of(value);
      return [
        name,
        {
          description: source.value,
          ...versions.get(name),
          ...(mounted.length === 0 ? {} : { files: mounted }),
        },
      ];
    }),
  );
}

function addresses(env: Environment, request: number, chosen: ReadonlyMap<string, string>): string {
  return env.apps
    .filter(({ name, exposes }) => chosen.has(name) && exposes !== undefined)
    .map(
      ({ name, exposes }) =>
        `https://${previewAppName(request, exposes?.host ?? name)}.${env.cluster.domain}\n`,
    )
    .join('');
}
