import { hash } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Part } from '../../charts/components.ts';
import type { Component, KubeObject } from '../../charts/kube-object.ts';
import { toYaml } from '../../charts/yaml.ts';
import { type KnownModule, KnownSources } from '../../model/known-sources.ts';
import { Disk, type KnownFile } from './disk.ts';

/** A component as it was built, and the files that were written from it. */
interface Built {
  /** Hash of all that it depends on. */
  key: string;
  component: Component | undefined;
  files: [string, string][] | undefined;
}

/** What earlier renders made: the next one makes anew only what depends on something that has changed. */
export class Memory {
  readonly sources: KnownSources;
  readonly disk: Disk;
  /** What was built by this process, in order: `dev/orders`. */
  readonly made: string[] = [];
  readonly #built: Map<string, Built>;
  /** Of objects that are made anew for every render: cheap to make, and dear to write. */
  readonly #texts = new Map<string, { json: string; text: string }>();
  /** Of views and apps. */
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
      built = { key, component: part.build(), files: undefined };
      this.#built.set(id, built);
      this.made.push(id);
    }
    return built.component;
  }

  /** The files of a component that was built, written again only if it was. */
  files(environment: string, component: string, write: () => [string, string][]): [string, string][] {
    const built = this.#built.get(`${environment}/${component}`);
    if (built === undefined) return write();
    built.files ??= write();
    return built.files;
  }

  /** An object as YAML, written again only where it says something else than before. */
  text(path: string, object: KubeObject): string {
    const json = JSON.stringify(object);
    let known = this.#texts.get(path);
    if (known?.json !== json) {
      known = { json, text: toYaml(object) };
      this.#texts.set(path, known);
    }
    return known.text;
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

  /** Of apps there are many, and most are the same objects as before: each is hashed by itself, once. */
  #key({ name, view }: Part): string {
    const { lock, operators, cluster, apps, ...own } = view;
    const { apps: overrides, ...rest } = cluster;
    const content = () => [
      this.#shared(Object.entries({ ...rest, lock, operators })),
      overrides,
      apps.map((app) => this.#hashOf(app, () => app)),
      own,
    ];
    return `${name} ${this.#hashOf(view, content)}`;
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
