import type { CustomResource } from '../../../charts/kube/custom-resource.ts';
import { artifactPublisher as manager, publishedRevision } from '../../../charts/order/artifact.ts';
import { follow, pause } from '../../receiver/program/follow.ts';
import { type KubernetesPlace, patch, remove } from '../../receiver/program/kubernetes.ts';
import type { Log } from '../../receiver/program/log.ts';
import { type FolderArchive, FolderArchives } from './archive.ts';
import { countPublished, setBehind } from './counters.ts';
import {
  type Artifact,
  type ExternalArtifact,
  type FolderKustomization,
  type GitRepository,
  owner,
  paths,
} from './flux-objects.ts';
import { inOrder } from './in-order.ts';

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

/** A Kustomization and the archive that it is to apply. */
interface Wanted {
  kustomization: FolderKustomization;
  archive: FolderArchive;
}

const suffix = '.tar.gz';

/** Requests to the API server at the same time. */
const lanes = 8;

/**
 * Makes an artifact of the folder of each Kustomization that reads one, and names it there. The name contains the content, so that Flux
 * reconciles what a commit changes, and nothing else; and the generation of a Kustomization grows with its content, so that others
 * wait until it is applied.
 *
 * Some Kustomizations read the Git repository itself, for example the root with the descriptions of all. If a commit changes their folders, the
 * artifacts of that commit are named once these are applied. Then they are named in the order of the dependencies: what waits for another
 * must find it changed.
 */
export class Publisher {
  readonly #input: PublisherInput;
  readonly #kustomizations = new Map<string, FolderKustomization>();
  readonly #published = new Map<string, Artifact | undefined>();
  /** By name, the archives whose artifacts were written, and which the watch may not show yet. */
  readonly #written = new Map<string, string>();
  /** The archives that are served, by name. */
  readonly #archives = new Map<string, FolderArchive>();
  #source: Artifact | undefined;
  #manifests: { digest: string; manifests: FolderArchives } | undefined;
  /** The content of the Kustomizations that read Git, by name, of the commit that was published last. */
  #ofGit = new Map<string, string>();
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
    return this.#archives.get(path.slice(1, -suffix.length))?.bytes;
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
      this.#follow<FolderKustomization>('the Kustomizations', paths.kustomizations, signal, {
        clear: () => this.#kustomizations.clear(),
        put: (object) => this.#kustomizations.set(object.metadata.name, object),
        gone: ({ metadata }) => this.#kustomizations.delete(metadata.name),
      }),
      this.#follow<ExternalArtifact>('the artifacts', paths.artifacts, signal, {
        clear: () => {
          this.#published.clear();
          this.#written.clear();
        },
        put: ({ metadata, status }) => this.#published.set(metadata.name, status?.artifact),
        gone: ({ metadata }) => {
          this.#published.delete(metadata.name);
          this.#written.delete(metadata.name);
        },
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
    const root = this.#kustomizations.get(this.#input.root);
    if (source === undefined || root === undefined) return;
    if (this.#manifests?.digest !== source.digest)
      this.#manifests = { digest: source.digest, manifests: await FolderArchives.fetch(source) };
    const { manifests } = this.#manifests;
    const wanted = await this.#archivesOf(manifests, this.#reading('ExternalArtifact'));
    for (const { archive } of wanted) this.#archives.set(archive.name, archive);
    const different = wanted.filter(
      ({ kustomization, archive }) => kustomization.spec.sourceRef.name !== archive.name,
    );
    setBehind(different.length);
    this.#ready = true;

    const ofGit = await this.#archivesOf(manifests, this.#reading('GitRepository'));
    // A suspended one applies nothing until somebody resumes it.
    const isApplied = ofGit.every(
      ({ kustomization: { metadata, spec, status }, archive }) =>
        spec.suspend === true ||
        this.#ofGit.get(metadata.name) === archive.name ||
        status?.lastAppliedRevision === source.revision,
    );
    if (!isApplied) return;
    const unpublished = wanted.filter(({ archive }) => !this.#isPublished(archive));
    const unwritten = unpublished.filter(
      ({ archive: { name, digest } }) => this.#written.get(name) !== digest,
    );
    await inLanes(unwritten, ({ archive }) => this.#write(archive, source.revision));
    // The watch tells when they are there: Flux, which watches them too, knows them then.
    if (unpublished.length > 0) return;
    const archives = new Map(different.map(({ kustomization, archive }) => [kustomization, archive]));
    for (const kustomization of inOrder([...archives.keys()]))
      await this.#name(kustomization, archives.get(kustomization)?.name ?? '');
    await this.#tell(root, source.revision);
    this.#ofGit = new Map(
      ofGit.map(({ kustomization, archive }) => [kustomization.metadata.name, archive.name]),
    );
    setBehind(0);
    await this.#clean(new Set(wanted.map(({ archive }) => archive.name)));
  }

  /** The Kustomizations that read an artifact, or the repository itself. */
  #reading(kind: 'ExternalArtifact' | 'GitRepository'): FolderKustomization[] {
    const { root } = this.#input;
    return [...this.#kustomizations.values()].filter(
      ({ spec: { sourceRef } }) =>
        sourceRef.kind === kind && (kind === 'ExternalArtifact' || sourceRef.name === root),
    );
  }

  #archivesOf(manifests: FolderArchives, kustomizations: readonly FolderKustomization[]): Promise<Wanted[]> {
    return Promise.all(
      kustomizations.map(async (kustomization) => {
        const { name } = kustomization.metadata;
        const archive = await manifests.archive(name, kustomization.spec.path ?? '', this.#archives);
        return { kustomization, archive };
      }),
    );
  }

  #isPublished({ name, digest }: FolderArchive): boolean {
    const published = this.#published.get(name);
    return published?.digest === digest && published.url === this.#urlOf(name);
  }

  #urlOf(name: string): string {
    return `${this.#input.address}${pathOf(name)}`;
  }

  async #write({ name, digest, bytes }: FolderArchive, revision: string): Promise<void> {
    const { kubernetes, log, root } = this.#input;
    const path = paths.artifact(name);
    const now = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
    const body = {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'ExternalArtifact',
      metadata: { name, labels: owner },
      spec: { sourceRef: { apiVersion: 'source.toolkit.fluxcd.io/v1', kind: 'GitRepository', name: root } },
    } satisfies CustomResource;
    await patch(kubernetes, path, { kind: 'apply', manager, body });
    const artifact = {
      ...{ url: this.#urlOf(name), revision, digest, size: bytes.length, lastUpdateTime: now },
      path: `externalartifact/flux-system${pathOf(name)}`,
    };
    const ready = { type: 'Ready', status: 'True', reason: 'Succeeded', lastTransitionTime: now };
    const status = { artifact, conditions: [{ ...ready, message: `made of ${revision}` }] };
    await patch(kubernetes, `${path}/status`, { kind: 'merge', manager, body: { status } });
    this.#written.set(name, digest);
    countPublished();
    log('info', 'published', { artifact: name, revision });
  }

  /** Names the artifact of a Kustomization. */
  async #name(kustomization: FolderKustomization, artifact: string): Promise<void> {
    const { name } = kustomization.metadata;
    const body = { spec: { sourceRef: { name: artifact } } };
    await patch(this.#input.kubernetes, paths.kustomization(name), { kind: 'merge', manager, body });
    const { spec } = kustomization;
    // The watch tells of it later.
    this.#kustomizations.set(name, {
      ...kustomization,
      spec: { ...spec, sourceRef: { ...spec.sourceRef, name: artifact } },
    });
  }

  /** Tells those who wait for a commit that all artifacts are those of this revision. */
  async #tell(root: FolderKustomization, revision: string): Promise<void> {
    if (root.metadata.annotations?.[publishedRevision] === revision) return;
    const body = { metadata: { annotations: { [publishedRevision]: revision } } };
    const path = paths.kustomization(root.metadata.name);
    await patch(this.#input.kubernetes, path, { kind: 'merge', manager, body });
    const { metadata } = root;
    this.#kustomizations.set(metadata.name, {
      ...root,
      metadata: { ...metadata, annotations: { ...metadata.annotations, ...body.metadata.annotations } },
    });
  }

  /** Removes artifacts that nothing names any more. Flux may be about to fetch their archives, so these stay until the next time. */
  async #clean(wanted: ReadonlySet<string>): Promise<void> {
    const outdated = [...this.#published.keys()].filter((name) => !wanted.has(name));
    if (outdated.length === 0) return;
    const kept = new Set([...wanted, ...outdated]);
    for (const name of this.#archives.keys()) if (!kept.has(name)) this.#archives.delete(name);
    await inLanes(outdated, async (name) => {
      await remove(this.#input.kubernetes, paths.artifact(name));
      this.#published.delete(name);
    });
  }
}

function pathOf(name: string): string {
  return `/${name}${suffix}`;
}

/** Does all; throws the first failure after all have ended. */
async function inLanes<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const lane = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(lanes, queue.length) }, lane));
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
