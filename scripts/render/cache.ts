import { hash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheDir } from '../../images/cache/paths.ts';
import { ImageTags, type TaggedImage } from '../../model/reading/image-tags.ts';
import { contentHash } from '../../model/reading/import-record.ts';
import { onDisk } from '../files/disk-failure.ts';
import { manifestsBelow } from './difference.ts';
import { codeHash, committedTree, descriptionHash } from './fingerprint.ts';
import type { RenderResult } from './render.ts';

/** Inputs and outputs of the last render. */
export interface LastRender {
  /** Hash of the program, of all sources, and of the committed manifests. */
  inputs: string;
  /** Files that descriptions imported, by absolute path. */
  modules: [path: string, hash: string][];
  images: TaggedImage[];
  environments: string[];
  /** Number of manifests, and the hash of all of them. */
  files: number;
  manifests: string;
}

/**
 * Cache of the last render of a repository into a folder, stored outside of the repository. If all inputs and outputs are unchanged,
 * the next render has nothing to do.
 */
export class RenderCache {
  readonly #root: string;
  readonly #out: string;
  readonly #environment: string | undefined;
  readonly #path: string;
  /** Computed before inputs are read, so that a change during the render counts for the next one. */
  readonly #inputs: string;

  constructor(root: string, out: string, environment: string | undefined) {
    this.#root = root;
    this.#out = out;
    this.#environment = environment;
    const name = hash('sha256', JSON.stringify([root, out, environment])).slice(0, 16);
    this.#path = join(cacheDir(), 'render', `${name}.json`);
    this.#inputs = `${codeHash()} ${descriptionHash(root)} ${committedTree(root)}`;
  }

  /** The last render, if the next one would have the same result. */
  untouched(): LastRender | undefined {
    const last = this.#read();
    if (last === undefined) return undefined;
    const { inputs, modules, images, manifests } = last;
    const same =
      inputs === this.#inputs &&
      modules.every(([path, content]) => contentHash(path) === content) &&
      this.#builds(images) &&
      onDisk(this.#out, () => hashBelow(this.#out, this.#environment)) === manifests;
    return same ? last : undefined;
  }

  /** Call this after the files are written. */
  save({ environments, files, inputs: { imports, images } }: RenderResult): void {
    if (!imports.complete) {
      if (existsSync(this.#path)) rmSync(this.#path);
      return;
    }
    const below = [...files].map(([path, text]) => [path.slice('manifests/'.length), text] as const);
    const last: LastRender = {
      inputs: this.#inputs,
      modules: [...imports.modules],
      images,
      environments: environments.map(({ name }) => name),
      files: files.size,
      manifests: hashOfAll(below),
    };
    this.#write(JSON.stringify(last));
  }

  #builds(images: readonly TaggedImage[]): boolean {
    const tags = new ImageTags(this.#root);
    return images.every(({ tag, ...image }) => tags.of(image) === tag);
  }

  /** An unreadable or truncated cache counts as missing. */
  #read(): LastRender | undefined {
    try {
      const [sum, json = ''] = readFileSync(this.#path, 'utf8').split('\n');
      return sum === hash('sha256', json) ? JSON.parse(json) : undefined;
    } catch {
      // Missing, or not a file: it is written again.
      return undefined;
    }
  }

  /** Atomic. If the cache cannot be written, the next run is slower but still correct. */
  #write(json: string): void {
    const draft = `${this.#path}.${process.pid}`;
    try {
      mkdirSync(dirname(this.#path), { recursive: true });
      writeFileSync(draft, `${hash('sha256', json)}\n${json}`);
      renameSync(draft, this.#path);
    } catch {
      if (existsSync(draft)) rmSync(draft);
    }
  }
}

function hashBelow(folder: string, environment: string | undefined): string {
  const paths = manifestsBelow(folder, environment ?? '');
  return hashOfAll(paths.map((path) => [path, readFileSync(join(folder, path), 'utf8')]));
}

function hashOfAll(files: readonly (readonly [path: string, text: string])[]): string {
  return hash('sha256', JSON.stringify(files.map(([path, text]) => [path, hash('sha1', text)]).sort()));
}
