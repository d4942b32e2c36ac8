import type { Component } from '../../charts/kube/kube-object.ts';
import { KnownSources } from '../../model/reading/known-sources.ts';
import type { PlannedComponent } from './components.ts';

/** A component as it was built, and the files that were written from it. */
interface Built {
  /** What it depends on: the same object holds the same. */
  view: PlannedComponent['view'];
  component: Component | undefined;
  files: [string, string][] | undefined;
}

/** What earlier renders of this process made: the next one makes anew only what depends on something that has changed. */
export class Memory {
  readonly sources = new KnownSources();
  /** What was built, in order: `dev/orders`. */
  readonly made: string[] = [];
  readonly #built = new Map<string, Built>();

  /** Builds a part of an environment, or gives what it was when it saw the same view. */
  build(environment: string, part: PlannedComponent): Component | undefined {
    const id = `${environment}/${part.name}`;
    let built = this.#built.get(id);
    if (built?.view !== part.view) {
      built = { view: part.view, component: part.build(), files: undefined };
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
}
