import { posix } from 'node:path';
import { z } from 'zod';
import { type TarEntry, withParents } from '../../images/oci/index.ts';
import { dockerfileInstructions } from '../../model/schema/dockerfile.ts';

/** Process settings of a Dockerfile; absent ones come from the base image. */
export interface ImageSettings {
  WorkingDir?: string;
  User?: string;
  Cmd?: string[];
  Entrypoint?: string[];
  /** `NAME=value`; a variable replaces that of the base image. */
  Env: string[];
  /** `8080/tcp`, in addition to those of the base image. */
  ExposedPorts: string[];
}

/** An image that only adds files to a base image, so that its build runs no command. */
export interface Composition {
  /** Reference in FROM. */
  base: string;
  /** Files and folders of the layer. */
  files: TarEntry[];
  settings: ImageSettings;
}

/** A Dockerfile that only the engine can build, with the instruction that requires it. */
export interface NeedsEngine {
  reason: string;
}

/** A file beside the Dockerfile. */
type File = TarEntry & { content: Buffer };

/** Folders of Debian that can be links to others: a layer with such a folder would replace the link. */
const ofSystem = /^\/(?:bin|boot|dev|etc|lib\w*|media|mnt|proc|root|run|sbin|sys|tmp|usr|var)(?:\/|$)/;
/** Characters for patterns, variables or quotes; `*` is supported in COPY. */
const special = /[?[\]$"'\\{}~]/;
const words = z.array(z.string()).min(1);

/** Ends the parsing of a Dockerfile at an instruction that cannot be composed. */
class Unfit extends Error {}

/**
 * The parts of an image whose Dockerfile has one base image, copies files into a folder of its own and sets
 * the process. Other instructions, such as RUN, several stages or patterns, need the engine.
 * @param context The files beside the Dockerfile, which it can copy.
 */
export function compositionOf(dockerfile: string, context: readonly File[]): Composition | NeedsEngine {
  if (context.some(({ path }) => path === '.dockerignore')) return { reason: '.dockerignore' };
  const made = new Making(context);
  try {
    for (const { name, rest } of dockerfileInstructions(dockerfile)) made.add(name, rest);
    return made.done();
  } catch (error) {
    if (error instanceof Unfit) return { reason: error.message };
    throw error;
  }
}

class Making {
  readonly #context: readonly File[];
  readonly #files = new Map<string, File>();
  /** Folders that certainly exist. */
  readonly #folders = new Set<string>();
  readonly #settings: ImageSettings = { Env: [], ExposedPorts: [] };
  #base: string | undefined;

  constructor(context: readonly File[]) {
    this.#context = context;
  }

  add(name: string, rest: string): void {
    if (name !== 'FROM' && this.#base === undefined) throw new Unfit(`${name} before FROM`);
    switch (name) {
      case 'FROM':
        this.#from(rest);
        break;
      case 'WORKDIR':
        this.#workdir(plain(name, rest));
        break;
      case 'COPY':
        this.#copy(plain(name, rest).split(/\s+/));
        break;
      case 'USER':
        this.#settings.User = plain(name, rest);
        break;
      case 'ENV':
        this.#settings.Env.push(...plain(name, rest).split(/\s+/).map(variable));
        break;
      case 'EXPOSE':
        this.#settings.ExposedPorts.push(...plain(name, rest).split(/\s+/).map(port));
        break;
      case 'CMD':
        this.#settings.Cmd = command(name, rest);
        break;
      case 'ENTRYPOINT':
        this.#settings.Entrypoint = command(name, rest);
        break;
      default:
        throw new Unfit(name);
    }
  }

  done(): Composition | NeedsEngine {
    if (this.#base === undefined) return { reason: 'no FROM' };
    const folders = [...this.#folders].map(
      (path): TarEntry => ({ path: path.slice(1), mode: 0o755, kind: 'directory' }),
    );
    return {
      base: this.#base,
      files: withParents([...folders, ...this.#files.values()]),
      settings: this.#settings,
    };
  }

  #from(rest: string): void {
    if (this.#base !== undefined) throw new Unfit('a second FROM');
    if (rest === 'scratch' || /\s/.test(rest)) throw new Unfit(`FROM ${rest}`);
    this.#base = plain('FROM', rest);
  }

  #workdir(path: string): void {
    const folder = posix.resolve(this.#settings.WorkingDir ?? '/', path);
    this.#settings.WorkingDir = folder;
    this.#own(folder);
    this.#folders.add(folder);
  }

  #copy(all: readonly string[]): void {
    const flag = all.find((word) => word.startsWith('--'));
    if (flag !== undefined) throw new Unfit(`COPY ${flag}`);
    const [sources, to = ''] = [all.slice(0, -1), all.at(-1)];
    const target = posix.resolve(this.#settings.WorkingDir ?? '/', to);
    this.#own(target);
    for (const from of sources.flatMap((source) => this.#named(source))) {
      const below = this.#context.filter(({ path }) => from === '.' || path.startsWith(`${from}/`));
      const file = this.#context.find(({ path }) => path === from);
      if (file !== undefined) {
        // The target can be a folder of the base image, into which the file would be copied.
        if (!to.endsWith('/') && !this.#folders.has(target)) throw new Unfit(`COPY of a file to ${to}`);
        this.#put(posix.join(target, posix.basename(from)), file);
      } else if (below.length === 0) throw new Unfit(`COPY ${from}, which does not exist`);
      for (const one of below)
        this.#put(posix.join(target, from === '.' ? one.path : one.path.slice(from.length + 1)), one);
    }
    this.#folders.add(target);
  }

  /** The files and folders of one source of COPY, from the context's root. */
  #named(source: string): string[] {
    const from = posix.normalize(source).replace(/^\/|\/$/g, '');
    if (!from.includes('*')) return [from];
    const parts = from.split('*').map((part) => part.replaceAll(/[.+^$(){}|]/g, '\\$&'));
    const pattern = new RegExp(`^${parts.join('[^/]*')}$`);
    const all = new Set(this.#context.flatMap(({ path }) => [path, ...foldersAbove(path)]));
    const found = [...all].filter((path) => pattern.test(path));
    return found.length > 0 ? found : [from];
  }

  #put(path: string, file: File): void {
    this.#files.set(path, { ...file, path: path.slice(1) });
  }

  #own(folder: string): void {
    if (folder === '/' || ofSystem.test(folder)) throw new Unfit(`files in ${folder}`);
  }
}

/** `a/b/c.js` is below `a/b` and `a`. */
function foldersAbove(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [] : [folder, ...foldersAbove(folder)];
}

function plain(name: string, text: string): string {
  const found = special.exec(text)?.[0];
  if (found !== undefined) throw new Unfit(`${name} with ${found}`);
  return text;
}

function variable(text: string): string {
  if (!/^\w+=/.test(text)) throw new Unfit(`ENV ${text}`);
  return text;
}

function port(text: string): string {
  if (!/^\d+(\/(tcp|udp))?$/.test(text)) throw new Unfit(`EXPOSE ${text}`);
  return text.includes('/') ? text : `${text}/tcp`;
}

function command(name: string, text: string): string[] {
  try {
    return words.parse(JSON.parse(text));
  } catch {
    throw new Unfit(`${name} of a shell`);
  }
}
