import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { artifactName, type ManifestFile } from '../../../charts/order/artifact.ts';
import type { Artifact } from './flux-objects.ts';
import { filesOfTar, tarOfFiles } from './tar.ts';

/** Most bytes of an unpacked repository. */
const mostBytes = 256 * 1024 * 1024;

/** The archive of a folder. */
export interface FolderArchive {
  /** Name of its artifact. */
  name: string;
  /** `sha256:…` */
  digest: string;
  bytes: Buffer;
}

/** The manifests of a commit. */
export class FolderArchives {
  readonly #folders: Map<string, ManifestFile[]>;
  readonly #archives = new Map<string, Promise<FolderArchive>>();

  private constructor(files: readonly ManifestFile[]) {
    this.#folders = Map.groupBy(files, ([path]) => path.slice(0, path.lastIndexOf('/')));
  }

  /**
   * Fetches an artifact of Flux.
   * @throws Error if it cannot be fetched or does not have its digest.
   */
  static async fetch({ url, digest }: Artifact): Promise<FolderArchives> {
    const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(30_000) });
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
    const bytes = Buffer.from(await response.arrayBuffer());
    const found = sha256(bytes);
    if (found !== digest) throw new Error(`${url} has the digest ${found}, and should have ${digest}`);
    const archive = await promisify(gunzip)(bytes, { maxOutputLength: mostBytes });
    return new FolderArchives(filesOfTar(archive));
  }

  /**
   * The archive of the folder that a Kustomization applies, with all folders in it: byte for byte the same for the same files.
   * @param known Archives of earlier commits, by name.
   */
  archive(
    kustomization: string,
    path: string,
    known: ReadonlyMap<string, FolderArchive>,
  ): Promise<FolderArchive> {
    const before = this.#archives.get(kustomization);
    if (before !== undefined) return before;
    const files = this.#filesOf(path.replace(/^\.\/|\/$/g, ''));
    const name = artifactName(kustomization, files);
    const kept = known.get(name);
    const archive = kept === undefined ? packed(name, files) : Promise.resolve(kept);
    this.#archives.set(kustomization, archive);
    return archive;
  }

  #filesOf(folder: string): ManifestFile[] {
    return [...this.#folders]
      .filter(([path]) => path === folder || path.startsWith(`${folder}/`))
      .flatMap(([, files]) => files)
      .sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

async function packed(name: string, files: readonly ManifestFile[]): Promise<FolderArchive> {
  const bytes = await promisify(gzip)(tarOfFiles(files));
  return { name, digest: sha256(bytes), bytes };
}

function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
