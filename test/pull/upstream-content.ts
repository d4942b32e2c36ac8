import { mirrorFolder, storedImage } from '../../images/mirror/folder.ts';
import { digestOf } from '../../images/oci/digest.ts';
import { ImageStore, type StoredManifest } from '../../images/oci/image-store.ts';
import type { Content } from '../registries/registries.ts';

const indexType = 'application/vnd.oci.image.index.v1+json';

/**
 * The images of this machine's mirror as upstream publishes them: each under an index of two architectures, of
 * which the other one is named and not there.
 */
export class UpstreamContent implements Content {
  readonly #store = new ImageStore(mirrorFolder());
  readonly #indexes = new Map<string, StoredManifest>();

  constructor(refs: readonly string[], platform: string) {
    const [os, architecture] = platform.split('/');
    const other = architecture === 'amd64' ? 'arm64' : 'amd64';
    for (const ref of refs) {
      const { path, tag } = storedImage(ref);
      const image = this.#store.manifest(path, tag);
      if (image === undefined) throw new Error(`the mirror of this machine lacks ${ref}: npm run supply`);
      const text = JSON.stringify({
        schemaVersion: 2,
        mediaType: indexType,
        manifests: [
          { mediaType: image.type, digest: digestOf(ref), size: 1, platform: { os, architecture: other } },
          {
            mediaType: image.type,
            digest: image.digest,
            size: Buffer.byteLength(image.text),
            platform: { os, architecture },
          },
        ],
      });
      const index = { type: indexType, text, digest: digestOf(text) };
      this.#indexes.set(`${path} ${tag}`, index);
      this.#indexes.set(`${path} ${index.digest}`, index);
      this.#indexes.set(`${path} ${image.digest}`, image);
    }
  }

  manifest(repository: string, reference: string): StoredManifest | undefined {
    return this.#indexes.get(`${repository} ${reference}`);
  }

  blobSize(digest: string): number | undefined {
    return this.#store.blobSize(digest);
  }

  openBlob(digest: string): ReturnType<Content['openBlob']> {
    return this.#store.openBlob(digest);
  }
}
