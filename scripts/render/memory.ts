import type { Component } from '../../charts/kube/kube-object.ts';
import { KnownSources } from '../../model/reading/known-sources.ts';
import type { PlannedComponent } from './components.ts';

/** A built component and its files. */
interface Built {
  /** Its view of the environment, compared by identity. */
  view: PlannedComponent['view'];
  component: Component | undefined;
  files: [string, string][] | undefined;
}

/** Results of earlier renders in this process: the next one builds only components whose view changed. */
export class Memory {
  readonly sources = new KnownSources();
  /** Components built in this render, in order: `dev/orders`. */
  readonly made: string[] = [];
  readonly #built = new Map<string, Built>();

  /** Builds a component, or returns the earlier one for the same view. */
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

  /** The files of a component; they are formatted again only if it was built again. */
  files(environment: string, component: string, write: () => [string, string][]): [string, string][] {
    const built = this.#built.get(`${environment}/${component}`);
    if (built === undefined) return write();
    built.files ??= write();
    return built.files;
  }
}
