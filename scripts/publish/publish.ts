import type { Environment } from '../../model/graph.ts';
import { loadGraph } from '../../model/load-graph.ts';
import { nodePlatform } from '../../model/node-platform.ts';
import { previewsFile } from '../../model/schema/previews.ts';
import {
  type PublishedImages,
  type PublishedVersion,
  publishedImagesFile,
} from '../../model/schema/published-images.ts';
import { type BuiltImage, builtImages, isKept } from '../app-images/app-images.ts';
import { formatTimes, type Phase, Phases, runPhases } from '../cli/phases.ts';
import { withClusterLock } from '../cluster/run-lock.ts';
import { buildMissing } from '../delivery/build-missing.ts';
import { commitMessage } from '../delivery/commit-message.ts';
import { gitIn } from '../delivery/git.ts';
import { readPublished } from '../delivery/images-file.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import { environmentChange } from '../delivery/push-manifests.ts';
import { openRegistry, pushImage, requireImage } from '../delivery/registry.ts';
import { requireDigests, SourceCommit } from '../delivery/render-commit.ts';
import { committedSource, inputsDiffer, refuseOlderSources } from '../delivery/sources.ts';
import { checkData } from '../render/check-data.ts';
import { dataOf } from '../render/data.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { signImage } from '../signing/sign-image.ts';
import { type SigningKey, signingKey } from '../signing/signing-key.ts';
import { tagWarning } from './by-tag.ts';
import { type AppPlan, planOf, versionsOf, withVersions } from './plan.ts';

/** Options of `npm run publish`. */
export interface PublishOptions {
  environment: string;
  app?: string | undefined;
  dryRun: boolean;
  json: boolean;
  releaseHold: boolean;
  acceptRewritten: boolean;
  /** Whether no image is built, pushed or signed: every app keeps its version. */
  manifestsOnly: boolean;
  root: string;
  print: (text: string) => void;
}

/**
 * Publishes the checkout's last commit to an environment whose manifests are in a Git repository: first the images, by digest,
 * then one commit. After an interruption, run it again to continue. Returns the exit code.
 */
export async function publish(options: PublishOptions): Promise<number> {
  const { environment: name, root, print } = options;
  const cluster = readCluster(name, root);
  const address = remoteAddress(name, cluster);
  return withClusterLock(cluster.name, async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const { acceptRewritten } = options;
    const remote = await ManifestRemote.open(address, {
      root,
      cluster: cluster.name,
      acceptRewritten,
      signal,
    });
    const given: Given = { ...options, remote, signal };
    const planned = Phases.from(given).add(sourcesRead).add(repositoryRead);
    const part = options.manifestsOnly ? ' --manifests-only' : '';
    const again = `npm run publish -- ${name}${options.app === undefined ? part : ` --app ${options.app}`}`;
    const run = { controller, again, quiet: options.json };
    if (options.dryRun) {
      const { result } = await runPhases(planned, run);
      print(options.json ? `${JSON.stringify(summary(result), null, 2)}\n` : printPlan(result));
      return 0;
    }
    const phases = planned.add(imagesBuilt).add(imagesPushed).add(manifestsPushed);
    const { result, times } = await runPhases(phases, run);
    const { commit, changed } = result;
    print(
      options.json
        ? `${JSON.stringify({ ...summary(result), commit, changed, phases: times }, null, 2)}\n`
        : `\n${printPlan(result)}${formatTimes(times)}\n`,
    );
    return 0;
  });
}

interface Given extends PublishOptions {
  remote: ManifestRemote;
  signal: AbortSignal;
}

interface Sources {
  /** The commit to publish. */
  source: string;
  environmentOf: Environment;
}

interface Planned {
  published: PublishedImages | undefined;
  plans: AppPlan[];
}

const sourcesRead: Phase<Given, Sources> = {
  title: 'Sources read',
  run: async ({ root, environment }) => {
    const source = await committedSource(gitIn(root));
    const { environments, diagnostics } = await loadGraph(root);
    if (diagnostics.length > 0) throw new DiagnosticsFailure(diagnostics);
    const found = environments.find(({ name }) => name === environment);
    if (found === undefined) throw new Error(`${environment} was read and is gone`);
    return { result: { source, environmentOf: found } };
  },
};

const repositoryRead: Phase<Given & Sources, Planned> = {
  title: 'Manifest repository read',
  run: async (given) => {
    const { remote, environment, source, environmentOf, app, releaseHold, manifestsOnly } = given;
    const head = await remote.head();
    const published = readPublished(environment, await remote.file(head, publishedImagesFile(environment)));
    await refuseOlderSources(remote, { source, head, images: published });
    const images = manifestsOnly ? [] : builtImages(environmentOf);
    const plans = planOf(images, published, { environment, app, releaseHold });
    return { result: { published, plans } };
  },
};

/** The images to push: those with changed inputs, of the apps that move. */
function movingImages({ plans, published }: Planned): BuiltImage[] {
  return plans
    .filter(({ step }) => step === 'moves')
    .flatMap(({ images }) => images)
    .filter(({ app, kind, kept }) => published?.apps[app]?.[kind]?.tag !== kept.tag);
}

interface Signing {
  key: SigningKey | undefined;
}

const imagesBuilt: Phase<Given & Sources & Planned, Signing> = {
  title: 'Images built',
  run: async (given, report) => {
    const moving = movingImages(given);
    const { cluster } = given.environmentOf;
    // Nobody waits for a build that cannot be signed.
    const key =
      moving.length === 0 && !process.env.PLINTH_SIGNING_KEY
        ? undefined
        : signingKey(cluster, given.environment);
    const missing = moving.filter((image) => !isKept(image));
    if (missing.length === 0) return { result: { key }, unchanged: 'all there' };
    await buildMissing(missing, given.environmentOf, { ...given, report });
    return { result: { key } };
  },
};

const imagesPushed: Phase<
  Given & Sources & Planned & Signing,
  { versions: Record<string, PublishedVersion> }
> = {
  title: 'Images pushed',
  run: async (given, report) => {
    const { environmentOf, plans, published, source, signal, key, root } = given;
    const platform = nodePlatform(environmentOf.cluster);
    const moving = movingImages(given);
    const all = plans.flatMap(({ images }) => images);
    if (all.length === 0) return { result: { versions: {} }, unchanged: 'none asked for' };
    const registry = await openRegistry(
      environmentOf,
      all.map(({ name }) => name),
      { report, signal },
    );
    const push = async (image: BuiltImage, commit: string): Promise<void> => {
      const { name, kept } = image;
      const digest = await pushImage(registry, { name, image: kept, platform }, { report, signal });
      if (key !== undefined) await signImage(registry, { ...image, digest }, { root, commit }, key);
    };
    try {
      for (const image of moving) await push(image, source);
      // Unchanged images are verified too: otherwise a lost registry stays unnoticed until a node is replaced.
      for (const image of all.filter((each) => !moving.includes(each))) {
        const known = published?.apps[image.app]?.[image.kind];
        if (known === undefined) continue;
        const { store, path, tag } = image.kept;
        // Signed is only what this machine has, and so has built: not what a registry gives for it.
        if (store.manifest(path, tag)?.digest === known.digest) await push(image, known.source);
        else await requireImage(registry, { name: image.name, digest: known.digest, platform });
      }
    } finally {
      registry.close();
    }
    const unchanged = moving.length === 0 ? 'all there' : undefined;
    return { result: { versions: versionsOf(plans, published, source) }, unchanged };
  },
};

const manifestsPushed: Phase<
  Given & Sources & { versions: Record<string, PublishedVersion> },
  { commit: string | undefined; changed: boolean }
> = {
  title: 'Manifests pushed',
  run: async (given, report) => {
    const { remote, root, environment, environmentOf, source, versions, releaseHold } = given;
    const apps = Object.keys(versions);
    const sources = await SourceCommit.open(root, source);
    try {
      const { commit, changed } = await remote.commit(
        async (head) => {
          const text = await remote.file(head, publishedImagesFile(environment));
          const before = {
            images: readPublished(environment, text),
            manifests: await remote.files(head, `manifests/${environment}`),
          };
          await refuseOlderSources(remote, { source, head, images: before.images });
          const published = before.images?.source;
          const stays =
            published !== undefined &&
            !(await inputsDiffer(remote, environment, { from: published, to: source }));
          const images = withVersions(before.images, versions, {
            ...{ environment, releaseHold },
            source: stays ? published : source,
          });
          report('rendering');
          const previews = await remote.file(head, previewsFile(environment));
          const manifests = await sources.render(environment, images, previews);
          requireDigests(manifests, images, apps);
          const lost = checkData(root, [environmentOf], dataOf(before.manifests), manifests);
          if (lost.length > 0) throw new DiagnosticsFailure(lost);
          const message = await commitMessage(gitIn(root), {
            subject: subject(environment, versions, source),
            ...{ source, apps, images },
          });
          report('pushing');
          return environmentChange(environment, before, { images, manifests }, message);
        },
        { report },
      );
      return { result: { commit, changed }, unchanged: changed ? undefined : 'all there' };
    } finally {
      await sources.close();
    }
  },
};

function subject(environment: string, versions: Record<string, PublishedVersion>, source: string): string {
  const apps = Object.entries(versions).map(([app, { image, migrations }]) =>
    `${app} ${(image ?? migrations)?.tag ?? ''}`.trimEnd(),
  );
  return `Publish ${environment}: ${apps.length === 0 ? `manifests of ${source.slice(0, 12)}` : apps.join(', ')}`;
}

function summary({ environment, source, plans }: Given & Sources & Planned): object {
  const apps = plans.map(({ app, step, images }) => ({
    app,
    step,
    images: images.map(({ ref }) => ref),
  }));
  return { environment, source, apps };
}

const words: Readonly<Record<AppPlan['step'], string>> = {
  moves: 'moves',
  same: 'stays: its files are what runs',
  held: 'stays: a roll-back holds it (--release-hold)',
  left: 'stays: another app was asked for',
};

function printPlan(planned: Given & Sources & Planned): string {
  const { environment, environmentOf, plans, published, source } = planned;
  const lines = plans.map(({ app, step, images }) => {
    const [first] = images;
    const before = first && published?.apps[app]?.[first.kind]?.tag;
    const move = step === 'moves' ? ` from ${before ?? 'nothing'} to ${first?.kept.tag}` : '';
    return `  ${app} ${words[step]}${move}\n`;
  });
  return `${environment}, commit ${source.slice(0, 12)}\n${lines.join('')}${tagWarning(environmentOf)}`;
}
