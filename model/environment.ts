import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { App } from './app.ts';
import { externalDatabase, loginsOf } from './external.ts';
import { forgeReceiver } from './forge.ts';
import type { AppBuild, Environment, EnvironmentApp, EnvironmentOperator } from './graph.ts';
import { usesMiddleware } from './middleware.ts';
import { onceEach, sameList } from './once-each.ts';
import type { Operator } from './operator.ts';
import { withoutOptionalPeople } from './people.ts';
import { type PreviewedApp, previewedApps, withPreviews } from './previews.ts';
import { portsIn } from './public-ports.ts';
import type { AppFiles } from './reading/app-files.ts';
import type { ExtraObjects } from './reading/extra-objects.ts';
import type { ImageTags } from './reading/image-tags.ts';
import type { Loaded } from './reading/source.ts';
import type { LoadedSecret, Repository } from './repository.ts';
import { errorLimit, withoutOptionalErrors } from './rollout.ts';
import type { AppOverride } from './schema/cluster/app-override.ts';
import { teamRegistry } from './schema/cluster/registry.ts';
import type { Cluster } from './schema/cluster.ts';
import { migrationsName } from './schema/database.ts';
import type { EncryptedSecret } from './schema/encrypted-secret.ts';
import type { ExtraObject } from './schema/extra.ts';
import type { PublishedApp, PublishedImage } from './schema/published-images.ts';
import { readsExternalStore } from './secret-stores.ts';

/**
 * Joins a checked repository into one environment per cluster. Unchanged environments stay the same objects
 * as before.
 */
export function environments(
  repository: Repository,
  { images, files, extra }: { images: ImageTags; files: AppFiles; extra: ExtraObjects },
): Environment[] {
  const { clusters, apps, operators, secrets, published, lock } = withPreviews(repository);
  const previewed = previewedApps(repository.previews);
  return clusters.map(({ name, value: cluster }) => {
    const here = apps.filter((app) => Object.hasOwn(cluster.apps, app.name)).map(({ value }) => value);
    const running = here.map((app) =>
      environmentApp(app, cluster, {
        images,
        files,
        extra,
        peers: here,
        secrets: secretsOf(secrets, app.name, name),
        published: published.find((each) => each.name === name)?.value.apps[app.name],
        preview: previewed.get(app.name),
      }),
    );
    const made = {
      name,
      cluster,
      apps: running,
      operators: operatorsOf(cluster, operators, { apps: running, extra }),
      lock: lock.value,
    };
    const before = environmentBefore(cluster);
    const same =
      before.made?.name === name &&
      before.made.operators === made.operators &&
      before.made.lock === made.lock &&
      sameList(before.made.apps, made.apps) === before.made.apps;
    if (same && before.made !== undefined) return before.made;
    before.made = made;
    return made;
  });
}

const environmentBefore = onceEach((_cluster: Cluster): { made?: Environment } => ({}));

/** Whether an operator runs in a cluster, which depends on the provider, observability, sign-in, the registry's overlay and the forge. */
export function runsIn({ only, stores, onlyWith }: Operator, cluster: Cluster): boolean {
  const { provider, observability, signIn, registry } = cluster;
  if (only !== undefined && !only.includes(provider.kind)) return false;
  if (onlyWith === 'sign-in' && signIn === undefined) return false;
  if (onlyWith === 'mailpit' && signIn?.mail.kind !== 'mailpit') return false;
  if (onlyWith === 'registry-tls' && registry.overlay !== 'tls') return false;
  if (onlyWith === 'receiver' && forgeReceiver(cluster) === undefined) return false;
  return stores === undefined || (observability !== 'off' && stores.includes(observability.store));
}

/** The operators that run in a cluster; the previous list if nothing changed. */
function operatorsOf(
  cluster: Cluster,
  operators: Loaded<Operator>[],
  { apps, extra }: { apps: readonly EnvironmentApp[]; extra: ExtraObjects },
): EnvironmentOperator[] {
  const before = operatorsBefore(cluster);
  const here = operators.map(({ value }) => value).filter((operator) => runsIn(operator, cluster));
  const charts = here.some(({ chart }) => chart !== undefined);
  const running = here
    .filter(({ onlyWith }) => onlyWith !== 'charts' || charts)
    .filter(({ onlyWith }) => onlyWith !== 'middleware' || apps.some(usesMiddleware))
    .filter(
      ({ onlyWith }) =>
        onlyWith !== 'external-secrets' || apps.some((app) => readsExternalStore(app, cluster)),
    )
    .filter(
      ({ onlyWith }) => onlyWith !== 'rollout-errors' || apps.some((app) => errorLimit(app) !== undefined),
    )
    .map((operator) => environmentOperator(operator, extra));
  before.list = sameList(before.list, running);
  return before.list;
}

const operatorsBefore = onceEach((_cluster: Cluster): { list: EnvironmentOperator[] } => ({ list: [] }));

function environmentOperator(operator: Operator, extra: ExtraObjects): EnvironmentOperator {
  const extraObjects = objectsOf(extra, `operators/${operator.name}`, operator.extra);
  const before = operatorBefore(operator);
  if (!isDeepStrictEqual(before.made?.extraObjects, extraObjects))
    before.made = { ...operator, extraObjects };
  return before.made ?? { ...operator, extraObjects };
}

const operatorBefore = onceEach((_operator: Operator): { made?: EnvironmentOperator } => ({}));

function objectsOf(extra: ExtraObjects, folder: string, files: readonly string[]): ExtraObject[] {
  return extra.of(folder, files).objects.map(({ value }) => value);
}

/** The host name of an app below the cluster's domain; undefined for an app that exposes no port. */
export function hostName({ value: app }: Pick<Loaded<App>, 'value'>, cluster: Cluster): string | undefined {
  return app.exposes === undefined ? undefined : `${app.exposes.host ?? app.name}.${cluster.domain}`;
}

/** All host names of an app in a cluster, sorted: below its domain, and those that cluster.yaml adds. */
export function hostNames(app: Pick<Loaded<App>, 'value'>, cluster: Cluster): string[] {
  const host = hostName(app, cluster);
  if (host === undefined) return [];
  const { name, exposes } = app.value;
  const further = (exposes?.hosts ?? []).map((label) => `${label}.${cluster.domain}`);
  return [host, ...further, ...(cluster.apps[name]?.hosts ?? [])].sort();
}

function secretsOf(secrets: readonly LoadedSecret[], app: string, environment: string): EncryptedSecret[] {
  return secrets
    .filter((secret) => secret.app === app && secret.environment === environment)
    .map(({ value }) => value);
}

/**
 * Returns the previous object if app, cluster, images, files and secrets are unchanged, so that its rendered
 * objects can be reused.
 */
function environmentApp(app: App, cluster: Cluster, beside: Joined): EnvironmentApp {
  const made = joinApp(app, cluster, beside);
  const before = joined(app);
  const same = before.get(cluster);
  if (
    same?.imageRef === made.imageRef &&
    same.migrationsRef === made.migrationsRef &&
    isDeepStrictEqual(same.builds, made.builds) &&
    isDeepStrictEqual(same.uses, made.uses) &&
    isDeepStrictEqual(same.preview, made.preview) &&
    sameList(same.secrets, made.secrets) === same.secrets &&
    isDeepStrictEqual(same.fileContents, made.fileContents) &&
    isDeepStrictEqual(same.extraObjects, made.extraObjects)
  )
    return same;
  before.set(cluster, made);
  return made;
}

const joined = onceEach((_app: App) => new WeakMap<Cluster, EnvironmentApp>());

/** Inputs of an app beside its description. */
interface Joined {
  images: ImageTags;
  files: AppFiles;
  extra: ExtraObjects;
  /** Every app of the environment, itself among them. */
  peers: readonly App[];
  /** The secrets of this environment. */
  secrets: EncryptedSecret[];
  /** Images of the app that were published in this environment. Default: none. */
  published: PublishedApp | undefined;
  /** Default: none, an app of the environment itself. */
  preview: PreviewedApp | undefined;
}

function joinApp(app: App, cluster: Cluster, beside: Joined): EnvironmentApp {
  const { files, extra, secrets, preview } = beside;
  const override: AppOverride = cluster.apps[app.name] ?? {};
  const nodes = override.nodes ?? app.nodes;
  const host = hostName({ value: app }, cluster);
  return {
    ...withoutOptionalPeople(withoutOptionalErrors(withoutExternal(app, cluster), cluster), {
      cluster,
      apps: beside.peers,
    }),
    logins: loginsOf(app, cluster),
    replicas: override.replicas ?? app.replicas,
    ports: portsIn(cluster, app),
    env: { ...app.env, ...override.env },
    resources: {
      cpu: override.resources?.cpu ?? app.resources.cpu,
      memory: override.resources?.memory ?? app.resources.memory,
      reason: override.resources?.reason ?? app.resources.reason,
    },
    ...(nodes === undefined ? {} : { nodes }),
    fileContents: preview?.files ?? files.of(app),
    extraObjects: preview === undefined ? objectsOf(extra, `apps/${app.name}`, app.extra) : [],
    ...(preview === undefined
      ? imagesOf(app, cluster, beside)
      : { ...imagesOfPreview(app, cluster, preview), preview }),
    publishedImages: publishedImages(app.name, beside.published),
    secrets,
    ...(host === undefined ? {} : { host }),
    hosts: hostNames({ value: app }, cluster),
  };
}

type AppImages = Pick<EnvironmentApp, 'imageRef' | 'migrationsRef' | 'builds'>;

function imagesOf(app: App, cluster: Cluster, { images, published }: Joined): AppImages {
  const registry = teamRegistry(cluster);
  const build = (
    kind: AppBuild['kind'],
    folder: string,
    { bundle, buildArgs = {}, secrets = [], ...given }: BuildFields,
  ): AppBuild => {
    const context = given.context === undefined ? {} : { context: join(folder, given.context) };
    const tag = images.of({ folder, bundled: bundle !== undefined, buildArgs, ...context });
    const ref = `${registry}/${nameOfBuild(app.name, kind)}:${tag}`;
    return { kind, folder, bundle, buildArgs, ...context, secrets, ref };
  };
  const migrations = app.database?.migrations;
  const image = 'ref' in app.image ? app.image.ref : build('image', join('apps', app.name), app.image);
  const migrationsImage = migrations && build('migrations', join('apps', app.name, 'migrations'), migrations);
  const refOf = ({ kind, ref }: AppBuild): string => {
    const known = published?.[kind];
    return known === undefined ? ref : digestRef(cluster, app.name, kind, known);
  };
  return {
    imageRef: typeof image === 'string' ? image : refOf(image),
    ...(migrationsImage === undefined ? {} : { migrationsRef: refOf(migrationsImage) }),
    builds: [image, migrationsImage].filter((each) => typeof each === 'object'),
  };
}

/** The images of a preview are in the same repositories of the registry as those of its app. */
function imagesOfPreview(app: App, cluster: Cluster, { of, image, migrations }: PreviewedApp): AppImages {
  const ref = 'ref' in app.image ? app.image.ref : image && digestRef(cluster, of, 'image', image);
  if (ref === undefined) throw new Error(`the preview ${app.name} has no image, and was not refused`);
  return {
    imageRef: ref,
    ...(migrations === undefined ? {} : { migrationsRef: digestRef(cluster, of, 'migrations', migrations) }),
    builds: [],
  };
}

function digestRef(
  cluster: Cluster,
  app: string,
  kind: AppBuild['kind'],
  { tag, digest }: PublishedImage,
): string {
  return `${teamRegistry(cluster)}/${nameOfBuild(app, kind)}:${tag}@${digest}`;
}

/** Digests of the version that runs, of those before, and of those that a roll-back left. */
function publishedImages(app: string, published: PublishedApp | undefined): string[] {
  if (published === undefined) return [];
  const versions = [published, ...published.before, ...(published.hold?.left ?? [])];
  const digests = versions.flatMap((version) =>
    (['image', 'migrations'] as const).flatMap((kind) => {
      const image = version[kind];
      return image === undefined ? [] : [`${nameOfBuild(app, kind)}@${image.digest}`];
    }),
  );
  return [...new Set(digests)].sort();
}

/** The app without its database, if that is external here. */
function withoutExternal(app: App, cluster: Cluster): App {
  if (externalDatabase(cluster, app.name) === undefined) return app;
  const { database: _, ...rest } = app;
  return rest;
}

/** The fields of app.ts that say how an image is built. */
type BuildFields = Partial<Omit<Extract<App['image'], { build: string }>, 'build'>>;

/** The repository of a built image in the team's registry. */
function nameOfBuild(app: string, kind: AppBuild['kind']): string {
  return kind === 'image' ? app : migrationsName(app);
}
