import type { CustomResource } from '../../../charts/kube/custom-resource.ts';
import { follow, pause } from '../../receiver/program/follow.ts';
import { type KubernetesPlace, patch, remove } from '../../receiver/program/kubernetes.ts';
import type { Log } from '../../receiver/program/log.ts';
import { type Cut, cut, type Files, fetchFiles } from './archive.ts';
import { countPublished, setBehind } from './counters.ts';
import {
  type ExternalArtifact,
  type GitRepository,
  type Kustomization,
  owner,
  type PublishedArtifact,
  paths,
} from './flux-objects.ts';

export interface PublisherInput {
  kubernetes: KubernetesPlace;
  /** Address of this program for kustomize-controller, without a trailing slash. */
  address: string;
  /** Name of the Git repository, and of the Kustomization that applies all others from it. */
  root: string;
  log: Log;
  /** Pauses after a first failure and after many, in milliseconds. */
  pauses: { first: number; longest: number };
}

/** What the Kustomizations with one artifact apply. */
interface Wanted {
  name: string;
  /** Folders of the repository, sorted. */
  folders: string[];
  /** The digest of their files that the Kustomizations name. */
  declared: string;
}

/** Writes of this program at the API server at the same time. */
const lanes = 8;

/**
 * Keeps an ExternalArtifact for each artifact that a Kustomization names, with the folders of these Kustomizations. Its revision is
 * the content of the folders, so that Flux reconciles only what a commit changes. The artifacts of a commit are published once the root has
 * applied it: the Kustomizations then have the order and the settings of that commit.
 */
export class Publisher {
  readonly #input: PublisherInput;
  readonly #kustomizations = new Map<string, Kustomization>();
  readonly #published = new Map<string, PublishedArtifact | undefined>();
  /** Archives by the path of their address. */
  readonly #served = new Map<string, Buffer>();
  #source: PublishedArtifact | undefined;
  /** The files of a commit, by the digest of its archive. */
  #files: { digest: string; files: Files } | undefined;
  /** By name, what was cut from `#files`. */
  #cuts = new Map<string, { key: string; cut: Cut }>();
  /** The lists that have arrived. */
  readonly #known = new Set<string>();
  #ready = false;
  #looking = false;
  #again = false;

  constructor(input: PublisherInput) {
    this.#input = input;
  }

  /** Whether the archives of the current commit are there. */
  get ready(): boolean {
    return this.#ready;
  }

  /** The archive with this path; undefined if there is none. */
  archive(path: string): Buffer | undefined {
    return this.#served.get(path);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { root } = this.#input;
    await Promise.all([
      this.#follow<GitRepository>('the Git repository', paths.repository(root), signal, {
        clear: () => undefined,
        put: ({ status }) => {
          this.#source = status?.artifact ?? this.#source;
        },
        gone: () => undefined,
      }),
      this.#follow<Kustomization>('the Kustomizations', paths.kustomizations, signal, {
        clear: () => this.#kustomizations.clear(),
        put: (object) => this.#kustomizations.set(object.metadata.name, object),
        gone: ({ metadata }) => this.#kustomizations.delete(metadata.name),
      }),
      this.#follow<ExternalArtifact>('the artifacts', paths.artifacts, signal, {
        clear: () => this.#published.clear(),
        put: ({ metadata, status }) => this.#published.set(metadata.name, status?.artifact),
        gone: ({ metadata }) => this.#published.delete(metadata.name),
      }),
    ]);
  }

  #follow<T>(
    what: string,
    path: string,
    signal: AbortSignal,
    { clear, put, gone }: { clear: () => unknown; put: (object: T) => unknown; gone: (object: T) => unknown },
  ): Promise<void> {
    const { kubernetes, log, pauses } = this.#input;
    return follow<T>(
      {
        ...{ kubernetes, path, what, log, pauses },
        listed: (items) => {
          clear();
          for (const each of items) put(each);
          this.#known.add(path);
          void this.#look(signal);
        },
        happened: (object, isGone) => {
          if (isGone) gone(object);
          else put(object);
          void this.#look(signal);
        },
      },
      signal,
    );
  }

  /** Does what is to be done, once at a time. */
  async #look(signal: AbortSignal): Promise<void> {
    this.#again = true;
    if (this.#looking || this.#known.size < 3) return;
    this.#looking = true;
    for (let failures = 0; this.#again && !signal.aborted; ) {
      this.#again = false;
      try {
        await this.#publish();
        failures = 0;
      } catch (error) {
        const { log, pauses } = this.#input;
        log('warn', 'artifacts cannot be published; trying again', { error });
        this.#again = true;
        await pause(Math.min(pauses.first * 2 ** failures++, pauses.longest), signal);
      }
    }
    this.#looking = false;
  }

  async #publish(): Promise<void> {
    const source = this.#source;
    if (source === undefined) return;
    if (this.#files?.digest !== source.digest) {
      this.#files = { digest: source.digest, files: await fetchFiles(source) };
      this.#cuts = new Map();
    }
    const { files } = this.#files;
    const wanted = this.#wanted();
    const cuts = await Promise.all(
      wanted.map(async (each) => ({ ...each, cut: await this.#cut(files, each) })),
    );
    const addresses = cuts.map((each) => ({ ...each, url: this.#serve(each.name, each.cut) }));
    const different = addresses.filter(({ name, cut, url }) => {
      const published = this.#published.get(name);
      return published?.digest !== cut.digest || published.url !== url || published.revision !== cut.revision;
    });
    setBehind(different.length);
    this.#ready = true;
    const root = this.#kustomizations.get(this.#input.root);
    if (root?.status?.lastAppliedRevision !== source.revision) return;
    const names = new Set(wanted.map(({ name }) => name));
    await inLanes([
      ...different.map((each) => () => this.#write(each, source.revision)),
      ...[...this.#published.keys()]
        .filter((name) => !names.has(name))
        .map((name) => () => this.#remove(name)),
    ]);
    setBehind(0);
  }

  /** The artifacts that Kustomizations name. */
  #wanted(): Wanted[] {
    const withArtifact = [...this.#kustomizations.values()].filter(
      ({ spec }) => spec.sourceRef.kind === 'ExternalArtifact',
    );
    return [...Map.groupBy(withArtifact, ({ spec }) => spec.sourceRef.name)].map(([name, users]) => ({
      name,
      folders: users.map(({ spec }) => (spec.path ?? '').replace(/^\.\/|\/$/g, '')).sort(),
      declared: users[0]?.metadata.annotations?.['plinth.io/content'] ?? 'sha256:undeclared',
    }));
  }

  async #cut(files: Files, { name, folders, declared }: Wanted): Promise<Cut> {
    const key = [declared, ...folders].join(' ');
    const before = this.#cuts.get(name);
    if (before?.key === key) return before.cut;
    const made = await cut(files, folders, declared);
    this.#cuts.set(name, { key, cut: made });
    return made;
  }

  /** Serves an archive, and still the one before it, which Flux may be about to fetch. Returns its address. */
  #serve(name: string, { digest, archive }: Cut): string {
    const path = `/${name}/${digest.slice('sha256:'.length)}.tar.gz`;
    if (!this.#served.has(path)) {
      const earlier = [...this.#served.keys()].filter((each) => each.startsWith(`/${name}/`));
      for (const each of earlier.slice(0, -1)) this.#served.delete(each);
      this.#served.set(path, archive);
    }
    return `${this.#input.address}${path}`;
  }

  async #write({ name, cut, url }: Wanted & { cut: Cut; url: string }, commit: string): Promise<void> {
    const { kubernetes, log, root } = this.#input;
    const { revision, digest, archive } = cut;
    const path = paths.artifact(name);
    const manager = 'folder-artifacts';
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    if (!this.#published.has(name)) {
      const body = {
        apiVersion: 'source.toolkit.fluxcd.io/v1',
        kind: 'ExternalArtifact',
        metadata: { name, labels: owner },
        spec: { sourceRef: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: root } },
      } satisfies CustomResource;
      await patch(kubernetes, path, { kind: 'apply', manager, body });
    }
    const artifact = {
      ...{ url, revision, digest, size: archive.length, lastUpdateTime: now },
      path: `externalartifact/flux-system${new URL(url).pathname}`,
      metadata: { 'org.opencontainers.image.revision': commit },
    };
    const conditions = [
      {
        type: 'Ready',
        status: 'True',
        reason: 'Succeeded',
        message: `made of ${commit}`,
        lastTransitionTime: now,
      },
    ];
    await patch(kubernetes, `${path}/status`, {
      kind: 'merge',
      manager,
      body: { status: { artifact, conditions } },
    });
    this.#published.set(name, { url, revision, digest });
    countPublished();
    log('info', 'published', { artifact: name, revision, commit });
  }

  async #remove(name: string): Promise<void> {
    const { kubernetes, log } = this.#input;
    await remove(kubernetes, paths.artifact(name));
    this.#published.delete(name);
    for (const path of this.#served.keys()) if (path.startsWith(`/${name}/`)) this.#served.delete(path);
    log('info', 'removed', { artifact: name });
  }
}

/** Runs all; throws the first failure after all have ended. */
async function inLanes(tasks: readonly (() => Promise<void>)[]): Promise<void> {
  const queue = [...tasks];
  const lane = async (): Promise<void> => {
    for (let task = queue.shift(); task !== undefined; task = queue.shift()) await task();
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(lanes, queue.length) }, lane));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
