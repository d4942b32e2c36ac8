import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { onTestFinished } from 'vitest';
import type { ManifestFile } from '../../charts/order/artifact.ts';
import type { ExternalArtifact, FolderKustomization } from '../../operators/flux/program/flux-objects.ts';
import { start } from '../../operators/flux/program/main.ts';

/** The folders of a repository, each with its files. */
export type Folders = Readonly<Record<string, Readonly<Record<string, string>>>>;

type Named = { metadata: { name: string }; spec?: unknown; status?: unknown };

type Kind = 'gitrepositories' | 'kustomizations' | 'externalartifacts';

/** For tests: an API server with the objects that the program reads and writes, and source-controller with the archive of a commit. */
export class ArtifactsWorld {
  /** Requests that write, in their order: `PATCH orders/status`. */
  readonly writes: string[] = [];
  readonly said: string[] = [];
  /** Statuses of the API server's next answers to requests that write. */
  readonly refusals: number[] = [];
  readonly #lists: Record<Kind, Map<string, Named>> = {
    gitrepositories: new Map(),
    kustomizations: new Map(),
    externalartifacts: new Map(),
  };
  readonly #watches = new Map<string, Set<ServerResponse>>();
  #archive = Buffer.alloc(0);
  #url = '';

  static async start(): Promise<ArtifactsWorld> {
    const world = new ArtifactsWorld();
    const server = createServer((request, response) => void world.#answer(request, response));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    world.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return world;
  }

  /** Starts the program. */
  async program() {
    const running = await start('platform', {
      kubernetes: { api: this.#url, token: () => 'token-of-the-pod' },
      ports: { archives: 0, probes: 0 },
      pauses: { first: 5, longest: 10 },
      log: (level, message, fields = {}) =>
        void this.said.push(
          `${level} ${message} ${fields.error instanceof Error ? fields.error.message : ''}`,
        ),
    });
    onTestFinished(() => running.stop());
    return running;
  }

  /** source-controller has fetched a commit. @param digest Default: that of the archive. */
  async commit(id: string, folders: Folders, digest?: string): Promise<void> {
    this.#archive = gzipSync(await packed(filesOf(folders)));
    const artifact = {
      url: `${this.#url}/${id}.tar.gz`,
      revision: `main@sha1:${id}`,
      digest: digest ?? `sha256:${createHash('sha256').update(this.#archive).digest('hex')}`,
    };
    this.#put('gitrepositories', { metadata: { name: 'platform' }, status: { artifact } });
  }

  /** A Kustomization is there, with what it depends on. Without an artifact it has that of its own name, which does not exist. */
  describe(name: string, dependsOn: readonly string[] = []): void {
    const before = this.kustomization(name);
    this.#put('kustomizations', {
      metadata: { name },
      spec: {
        path: `./manifests/test/${name}`,
        sourceRef: before?.spec.sourceRef ?? { kind: 'ExternalArtifact', name },
        dependsOn: dependsOn.map((each) => ({ name: each })),
      },
    } satisfies FolderKustomization);
  }

  /** The root is applied at a commit, and may be suspended since. */
  root(id: string, suspend = false): void {
    this.#put('kustomizations', {
      metadata: { name: 'platform' },
      ...this.kustomization('platform'),
      spec: {
        suspend,
        path: './manifests/test/flux-sync',
        sourceRef: { kind: 'GitRepository', name: 'platform' },
      },
      status: { lastAppliedRevision: `main@sha1:${id}` },
    });
  }

  kustomization(name: string): FolderKustomization | undefined {
    return this.#lists.kustomizations.get(name) as FolderKustomization | undefined;
  }

  /** The artifact that a Kustomization names. */
  artifactOf(name: string): ExternalArtifact | undefined {
    return this.artifact(this.kustomization(name)?.spec.sourceRef.name ?? '');
  }

  removeKustomization(name: string): void {
    this.#remove('kustomizations', name);
  }

  artifact(name: string): ExternalArtifact | undefined {
    return this.#lists.externalartifacts.get(name) as ExternalArtifact | undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    if (pathname.endsWith('.tar.gz')) return void response.end(this.#archive);
    const [kind = '', name = '', subresource] = pathname.split('/').slice(6);
    if (kind !== 'gitrepositories' && kind !== 'kustomizations' && kind !== 'externalartifacts')
      return void response.writeHead(404).end();
    if (request.method === 'GET' && searchParams.has('watch')) {
      const watches = this.#watches.get(kind) ?? new Set();
      this.#watches.set(kind, watches.add(response));
      response.on('close', () => watches.delete(response));
      return response.writeHead(200).flushHeaders();
    }
    if (request.method === 'GET') {
      const items = [...this.#lists[kind].values()];
      return void response.end(JSON.stringify({ metadata: { resourceVersion: '1' }, items }));
    }
    const body = await text(request);
    const refusal = this.refusals.shift();
    if (refusal !== undefined) return void response.writeHead(refusal).end();
    this.writes.push([request.method, [name, subresource].filter(Boolean).join('/')].join(' '));
    if (request.method === 'DELETE') this.#remove(kind, name);
    else
      this.#put(kind, merged({ metadata: { name } }, this.#lists[kind].get(name), JSON.parse(body)) as Named);
    response.end('{}');
  }

  #put(kind: Kind, object: Named): void {
    this.#lists[kind].set(object.metadata.name, object);
    this.#tell(kind, 'MODIFIED', object);
  }

  #remove(kind: Kind, name: string): void {
    const object = this.#lists[kind].get(name);
    this.#lists[kind].delete(name);
    if (object !== undefined) this.#tell(kind, 'DELETED', object);
  }

  #tell(kind: string, type: string, object: Named): void {
    for (const each of this.#watches.get(kind) ?? []) each.write(`${JSON.stringify({ type, object })}\n`);
  }
}

/** A tar archive with pax headers, as GNU tar writes it. */
async function packed(files: readonly ManifestFile[]): Promise<Buffer> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-artifacts-'));
  try {
    for (const [path, text] of files) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    const { stdout } = await execa('tar', ['--create', '--format=pax', '--file=-', 'manifests'], {
      cwd: folder,
      encoding: 'buffer',
    });
    return Buffer.from(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function filesOf(folders: Folders): ManifestFile[] {
  return Object.entries(folders).flatMap(([folder, files]) =>
    Object.entries(files).map(
      ([name, content]): ManifestFile => [`manifests/test/${folder}/${name}`, content],
    ),
  );
}

/** Objects merged in their order, as JSON merge patches are. */
function merged(...objects: unknown[]): object {
  const result: Record<string, unknown> = {};
  for (const object of objects) {
    for (const [key, value] of Object.entries(object ?? {})) {
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      result[key] = isObject ? merged(result[key], value) : value;
    }
  }
  return result;
}
