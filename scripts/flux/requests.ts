import type { Report } from '../../images/index.ts';
import type { ClusterClient } from '../cluster/client.ts';
import type { WatchedObject } from '../cluster/watch-until.ts';
import { canGoOn } from './progress.ts';
import { requestReconciliation } from './request-reconciliation.ts';

/**
 * Asks Flux to reconcile waiting Kustomizations as soon as their dependencies are ready, each once. By itself Flux looks again
 * after `--requeue-dependency`.
 */
export class ReconciliationRequests {
  readonly #requested = new Set<string>();
  readonly #client: ClusterClient;
  readonly #report: Report;

  constructor(client: ClusterClient, report: Report) {
    this.#client = client;
    this.#report = report;
  }

  /** @param names The Kustomizations to ask for, of `all` by name. */
  make(names: readonly string[], all: ReadonlyMap<string, WatchedObject>): void {
    for (const name of names) {
      const object = all.get(name);
      if (object === undefined || this.#requested.has(name) || !canGoOn(object, all)) continue;
      this.#requested.add(name);
      requestReconciliation(this.#client, name).catch((error: Error) => {
        this.#report(`Flux was not asked to look at ${name} at once; it looks by itself: ${error.message}`);
      });
    }
  }
}
