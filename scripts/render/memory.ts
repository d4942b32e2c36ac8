import { hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Part } from '../../charts/components.ts';
import type { Component, KubeObject } from '../../charts/kube-object.ts';
import { type KnownModule, KnownSources } from '../../model/known-sources.ts';
import { Disk, type KnownFile } from './disk.ts';

/** A component as it was built, and the files that were written from it. */
interface Built {
  /** Hash of all that it depends on. */
  key: string;
  objects: KubeObject[] | undefined;
  files: [string, string][] | undefined;
}

/** What earlier renders made: the next one makes anew only what depends on something that has changed. */
export class Memory {
  readonly sources: KnownSources;
  readonly disk: Disk;
  /** What was built by this process, in order: `dev/orders`. */
  readonly made: string[] = [];
  readonly #built: Map<string, Built>;
  /** Of views. */
  readonly #hashes = new WeakMap<object, string>();
  /** Numbers of objects, and hashes by the numbers of what was hashed together. */
  readonly #ids = new WeakMap<object, number>();
  readonly #sharedHashes = new Map<string, string>();
  #nextId = 0;

  constructor({ modules, disk, built }: Partial<Stored> = {}) {
    this.sources = new KnownSources(modules);
    this.disk = new Disk(disk);
    this.#built = new Map(built);
  }

  /** Builds a part of an environment, or gives what it was when it saw the same view. */
  build(environment: string, part: Part): Component | undefined {
    const id = `${environment}/${part.name}`;
    const key = this.#key(part);
    let built = this.#built.get(id);
    if (built?.key !== key) {
      built = { key, objects: part.build()?.objects, files: undefined };
      this.#built.set(id, built);
      this.made.push(id);
    }
    return built.objects && { name: part.name, objects: built.objects };
  }

  /** The files of a component that was built, written again only if it was. */
  files(environment: string, component: string, write: () => [string, string][]): [string, string][] {
    const built = this.#built.get(`${environment}/${component}`);
    if (built === undefined) return write();
    built.files ??= write();
    return built.files;
  }

  /** As bytes that `Memory.from` reads. */
  bytes(): Buffer {
    const stored: Stored = {
      modules: this.sources.modules(),
      disk: this.disk.entries(),
      built: [...this.#built],
    };
    return serialize(stored);
  }

  /** Of bytes that are exactly what `bytes` gave to a process with the same code. */
  static from(bytes: Buffer): Memory {
    const stored: Stored = deserialize(bytes);
    return new Memory(stored);
  }

  #key({ name, view }: Part): string {
    const { lock, operators, cluster, ...own } = view;
    const { apps, ...rest } = cluster;
    const key = () => [this.#shared(Object.entries({ ...rest, lock, operators })), apps, own];
    return `${name} ${this.#hashOf(view, key)}`;
  }

  /** Of what the views of an environment have in common: the same objects are the same, whatever they hold. */
  #shared(fields: [string, unknown][]): string {
    const ids = fields.map(([name, value]) => `${name} ${this.#idOf(value)}`).join('\n');
    let known = this.#sharedHashes.get(ids);
    if (known === undefined) {
      known = hash('sha256', JSON.stringify(fields));
      this.#sharedHashes.set(ids, known);
    }
    return known;
  }

  #idOf(value: unknown): string {
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    const id = this.#ids.get(value) ?? this.#nextId++;
    this.#ids.set(value, id);
    return `#${id}`;
  }

  /** Of what `content` gives, once for each object. */
  #hashOf(object: object, content: () => object): string {
    let known = this.#hashes.get(object);
    if (known === undefined) {
      known = hash('sha256', JSON.stringify(content()));
      this.#hashes.set(object, known);
    }
    return known;
  }
}

interface Stored {
  modules: [string, KnownModule][];
  disk: [string, KnownFile][];
  built: [string, Built][];
}
