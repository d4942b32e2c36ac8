import type { App } from './app.ts';
import { onceEach } from './once-each.ts';
import type { AppFile } from './reading/app-files.ts';
import type { FieldPath, Loaded, Source } from './reading/source.ts';
import type { Repository } from './repository.ts';
import type { AppOverride } from './schema/cluster/app-override.ts';
import type { Cluster } from './schema/cluster.ts';
import { type Preview, type Previews, previewAppName, previewName } from './schema/previews.ts';
import type { PublishedImage } from './schema/published-images.ts';

/** The preview of an app: what a pull request makes of it. */
export interface PreviewedApp {
  /** Name of the preview: `pr-12`. */
  name: string;
  /** Name of the app in apps/. */
  of: string;
  image?: PublishedImage | undefined;
  migrations?: PublishedImage | undefined;
  files: readonly AppFile[];
  /** Place of its description in previews.yaml. */
  at: FieldPath;
}

/** Variable in the pods of a preview, and of their migrations, with its name. */
export const previewVariable = 'PREVIEW';

/** An app of a preview as a description of its own: with its name, and with edges to the other apps of the preview. */
interface Made {
  app: Loaded<App>;
  preview: PreviewedApp;
}

/**
 * The repository with the apps of its previews: each runs in its environment under a name of its own, such as `pr-12-orders`. It is
 * the same repository where there are no previews.
 */
export function withPreviews(repository: Repository): Repository {
  const { previews, clusters, apps, appNames } = repository;
  const made = previews.flatMap(madeOf).map(({ app }) => app);
  if (made.length === 0) return repository;
  return {
    ...repository,
    clusters: clusters.map((cluster) => {
      const own = previews.find(({ name }) => name === cluster.name);
      return own === undefined ? cluster : { ...cluster, value: clusterWith(cluster.value, own) };
    }),
    apps: [...apps, ...made].sort((a, b) => (a.name < b.name ? -1 : 1)),
    appNames: new Set([...appNames, ...made.map(({ name }) => name)]),
  };
}

/** The previews of apps, by the names under which they run. */
export function previewedApps(previews: readonly Loaded<Previews>[]): ReadonlyMap<string, PreviewedApp> {
  return new Map(previews.flatMap(madeOf).map(({ app, preview }) => [app.name, preview]));
}

/** Kept with the value, so that a render finds the same apps as before where previews.yaml says the same. */
const kept = onceEach((_previews: Previews): { made?: Made[] } => ({}));

function madeOf({ source, value }: Loaded<Previews>): Made[] {
  const before = kept(value);
  before.made ??= value.previews.flatMap((preview, i) =>
    Object.keys(preview.apps).map((of) =>
      made(preview, of, source, ['previews', i, 'apps', of, 'description']),
    ),
  );
  return before.made;
}

function made(preview: Preview, of: string, source: Source, at: FieldPath): Made {
  const given = preview.apps[of];
  if (given === undefined) throw new Error(`the preview of ${preview.request} has no app ${of}`);
  const { description, image, migrations, files } = given;
  const value = appOf(preview, description);
  return {
    app: { name: value.name, source: below(source, at), value },
    preview: { name: previewName(preview.request), of, image, migrations, files: files.map(fileOf), at },
  };
}

function fileOf({ path, text, binary }: Preview['apps'][string]['files'][number]): AppFile {
  return { path, ...(text === undefined ? {} : { text }), ...(binary === undefined ? {} : { binary }) };
}

/** A part of a file as a source of its own. */
function below({ file, value, place, written }: Source, at: FieldPath): Source {
  return {
    file,
    value,
    place: (path, part) => place([...at, ...path], part),
    written: (path) => written([...at, ...path]),
  };
}

/**
 * A description under the names of its preview. What belongs to the environment alone is left out: names below other domains, objectives
 * and their alerts, and errors that stop a roll-out. One pod runs of each app.
 */
function appOf(preview: Preview, app: App): App {
  const own = (name: string): string =>
    Object.hasOwn(preview.apps, name) ? previewAppName(preview.request, name) : name;
  const { objective: _, rollout, exposes, ...rest } = app;
  return {
    ...rest,
    name: own(app.name),
    summary: `${app.summary} Preview of pull request ${preview.request}.`,
    replicas: 1,
    ...(rollout === undefined ? {} : { rollout: { watch: rollout.watch } }),
    // The numbers of public ports are taken by the app itself.
    ports: Object.fromEntries(
      Object.entries(app.ports).map(([name, { public: _, ...port }]) => [name, port]),
    ),
    env: {
      ...Object.fromEntries(Object.entries(app.env).map(([key, text]) => [key, renamedHosts(text, own)])),
      [previewVariable]: previewName(preview.request),
    },
    uses: app.uses.map((use) => {
      if (use.kind === 'app') return { ...use, app: own(use.app) };
      return use.kind === 'database' ? { ...use, of: own(use.of) } : use;
    }),
    ...(exposes === undefined
      ? {}
      : {
          exposes: { ...exposes, host: previewAppName(preview.request, exposes.host ?? app.name), hosts: [] },
        }),
  };
}

/** Addresses of Services, `NAME.NAME` and `NAME.NAME.svc…`, of apps of the same preview. */
function renamedHosts(text: string, own: (name: string) => string): string {
  return text.replaceAll(
    /(?<![\w.-])([a-z0-9-]+)\.\1(?=[.:/]|$)/g,
    (_, name: string) => `${own(name)}.${own(name)}`,
  );
}

const clusters = onceEach((_cluster: Cluster) => new WeakMap<Previews, Cluster>());

/** The cluster in which the apps of the previews run, too. */
function clusterWith(cluster: Cluster, previews: Loaded<Previews>): Cluster {
  const before = clusters(cluster).get(previews.value);
  if (before !== undefined) return before;
  const own = madeOf(previews).map(
    ({ app, preview }) => [app.name, overrideOf(cluster.apps[preview.of])] as const,
  );
  const made = { ...cluster, apps: { ...cluster.apps, ...Object.fromEntries(own) } };
  clusters(cluster).set(previews.value, made);
  return made;
}

/** The override of the app in the environment, without its number of pods and its host names below other domains. */
function overrideOf(given: AppOverride | null | undefined): AppOverride {
  const { replicas: _, single: _single, hosts: _hosts, ...rest } = given ?? {};
  return rest;
}
