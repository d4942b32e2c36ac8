import { isDeepStrictEqual } from 'node:util';
import { PackageLock } from '../schema/package-lock.ts';
import { bundleInputs } from './bundle-inputs.ts';
import { imageHash } from './image-hash.ts';
import { RepositoryFiles } from './repository-files.ts';

/** An image that is built here. */
export interface TaggedImage {
  /** Folder of its Dockerfile, from the root. */
  folder: string;
  /** Whether a program is bundled for it. */
  bundled: boolean;
  /** Values of the ARGs of its Dockerfile, by name. */
  buildArgs: Readonly<Record<string, string>>;
  /** Build context above the folder, from the root. Default: the folder. */
  context?: string | undefined;
  tag: string;
}

/** The tags of the images of one repository; each is computed once. */
export class ImageTags {
  readonly #root: string;
  readonly #files: RepositoryFiles;
  readonly #packageLock: PackageLock;
  readonly #images = new Map<string, TaggedImage>();

  constructor(root: string, packageLock = new PackageLock(root)) {
    this.#root = root;
    this.#files = new RepositoryFiles(root);
    this.#packageLock = packageLock;
  }

  /** The tag of the image of a folder; it throws where `checkBuilds` reports a diagnostic of the folder. */
  of({ folder, bundled, buildArgs, context }: Omit<TaggedImage, 'tag'>): string {
    const known = this.#images.get(folder);
    if (
      known?.bundled === bundled &&
      isDeepStrictEqual([known.buildArgs, known.context], [buildArgs, context])
    )
      return known.tag;
    const inputs = bundled ? bundleInputs(this.#root, folder, this.#packageLock) : undefined;
    const tag = imageHash(this.#files, folder, { bundled: inputs, buildArgs, context });
    this.#images.set(folder, { folder, bundled, buildArgs, context, tag });
    return tag;
  }

  /** All images whose tag was requested. */
  all(): TaggedImage[] {
    return [...this.#images.values()];
  }
}
