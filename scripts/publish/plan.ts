import type {
  PublishedApp,
  PublishedImage,
  PublishedImages,
  PublishedVersion,
} from '../../model/schema/published-images.ts';
import type { BuiltImage } from '../app-images/app-images.ts';
import { Failure } from '../cli/failure.ts';
import { withVersion } from '../delivery/images-file.ts';

/** Effect of a publication on an app. */
export interface AppPlan {
  app: string;
  /** `moves`: gets new images; `same`: already runs them; `held`: held by a roll-back; `left`: not among the named apps. */
  step: 'moves' | 'same' | 'held' | 'left';
  images: BuiltImage[];
}

/** The effect of a publication on each app, sorted by name. */
export function planOf(
  images: readonly BuiltImage[],
  published: PublishedImages | undefined,
  { environment, app, releaseHold }: { environment: string; app?: string | undefined; releaseHold: boolean },
): AppPlan[] {
  const apps = Map.groupBy(images, (image) => image.app);
  if (app !== undefined && !apps.has(app)) {
    throw new Failure(
      `${environment} runs no app '${app}' whose image is built here.`,
      `Name one of: ${[...apps.keys()].join(', ')}`,
    );
  }
  return [...apps].map(([name, own]) => {
    const known = published?.apps[name];
    const step = stepOf(own, known, { asked: app === undefined || app === name, releaseHold });
    if (step === 'held' && app === name) throw held(environment, name, known);
    return { app: name, step, images: own };
  });
}

function stepOf(
  images: readonly BuiltImage[],
  known: PublishedApp | undefined,
  { asked, releaseHold }: { asked: boolean; releaseHold: boolean },
): AppPlan['step'] {
  if (!asked) return 'left';
  const same = images.every(({ kind, kept }) => known?.[kind]?.tag === kept.tag);
  if (same && !(releaseHold && known?.hold !== undefined)) return 'same';
  return known?.hold !== undefined && !releaseHold ? 'held' : 'moves';
}

/** Message that an app is held after a roll-back, with the next command. */
export function held(environment: string, app: string, known: PublishedApp | undefined): Failure {
  return new Failure(
    `${app} is held in ${environment}: ${known?.hold?.by ?? 'somebody'} rolled it back from ${known?.hold?.left[0]?.image?.tag ?? 'another version'}.`,
    'When the version that you bring is a better one, add: --release-hold',
  );
}

/** The new versions of the apps that move, from the built images. An image with unchanged inputs keeps its published digest. */
export function versionsOf(
  plans: readonly AppPlan[],
  published: PublishedImages | undefined,
  source: string,
): Record<string, PublishedVersion> {
  const imageOf = (image: BuiltImage): PublishedImage => {
    const known = published?.apps[image.app]?.[image.kind];
    const { tag } = image.kept;
    if (known?.tag === tag) return known;
    const manifest = image.kept.store.manifest(image.kept.path, tag);
    if (manifest === undefined) throw new Error(`${image.ref} was not built`);
    return { tag, digest: manifest.digest, source };
  };
  const moving = plans.filter(({ step }) => step === 'moves');
  return Object.fromEntries(
    moving.map(({ app, images }) => [
      app,
      Object.fromEntries(images.map((image) => [image.kind, imageOf(image)])),
    ]),
  );
}

/**
 * The published versions with these new ones, merged with concurrent publications.
 * @throws Failure if one of the apps was rolled back meanwhile.
 */
export function withVersions(
  published: PublishedImages | undefined,
  versions: Readonly<Record<string, PublishedVersion>>,
  { environment, source, releaseHold }: { environment: string; source: string; releaseHold: boolean },
): PublishedImages {
  const moved = Object.entries(versions).map(([app, version]) => {
    const known = published?.apps[app];
    if (known?.hold !== undefined && !releaseHold) throw held(environment, app, known);
    return [app, withVersion(known, version)] as const;
  });
  return { source, apps: { ...published?.apps, ...Object.fromEntries(moved) } };
}
