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

/** What the last render read and wrote. */
export interface LastRender {
  /** Of the program, of all that people write, and of the manifests of the last commit. */
  inputs: string;
  /** What descriptions imported, by absolute path. */
  modules: [path: string, hash: string][];
  images: TaggedImage[];
  environments: string[];
  /** How many manifests there are, and the hash of them all. */
  files: number;
  manifests: string;
}

/**
 * What the last render of one repository into one folder leaves for the next, outside of the repository: where everything
 * that it read and everything that it wrote is the same, there is nothing to do.
 */
export class RenderCache {
  readonly #root: string;
  readonly #out: string;
  readonly #environment: string | undefined;
  readonly #path: string;
  /** Taken before anything is read: what changes while a render runs is a change for the next one. */
  readonly #inputs: string;

  constructor(root: string, out: string, environment: string | undefined) {
    this.#root = root;
    this.#out = out;
    this.#environment = environment;
    const name = hash('sha256', JSON.stringify([root, out, environment])).slice(0, 16);
    this.#path = join(cacheDir(), 'render', `${name}.json`);
    this.#inputs = `${codeHash()} ${descriptionHash(root)} ${committedTree(root)}`;
  }

  /** The last render, if the next one would come to the same. */
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

  /** To be called when the files were written. */
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
    return images.every(({ folder, bundled, buildArgs, tag }) => tags.of(folder, bundled, buildArgs) === tag);
  }

  /** What cannot be read or was cut short is as if it were not there. */
  #read(): LastRender | undefined {
    try {
      const [sum, json = ''] = readFileSync(this.#path, 'utf8').split('\n');
      return sum === hash('sha256', json) ? JSON.parse(json) : undefined;
    } catch {
      // Not there, or no file: made anew either way.
      return undefined;
    }
  }

  /** In place at once or not at all. A cache that cannot be written makes the next run slower, and no run wrong. */
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
