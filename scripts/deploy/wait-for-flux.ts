import { platform } from '../../charts/order/flux-sync.ts';
import type { Report } from '../../images/index.ts';
import { Failure } from '../cli/failure.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import { type DeployProgress, progressOf } from '../flux/progress.ts';
import { kustomizationApi as api } from '../flux/request-reconciliation.ts';
import { ReconciliationRequests } from '../flux/requests.ts';
import { inWords } from './in-words.ts';

/** The Kustomizations and the commit to wait for. */
export interface FluxWait {
  client: ClusterClient;
  commit: string;
  /** Names of the Kustomizations. */
  kustomizations: readonly string[];
  /** Kustomizations that only need to be applied, because their pods are awaited separately. */
  appliedIsEnough: ReadonlySet<string>;
  timeoutSeconds: number;
  report: Report;
  signal: AbortSignal;
}

/**
 * Waits with a watch until Flux has applied a commit to these Kustomizations. It sets the annotation of `flux reconcile` on each
 * Kustomization whose dependencies are ready, so that Flux does not wait for its retry interval.
 * @throws Failure as soon as Flux says that the commit cannot be applied or is not healthy.
 */
export async function waitForFlux(wait: FluxWait): Promise<void> {
  const { client, commit, kustomizations, appliedIsEnough, timeoutSeconds, report, signal } = wait;
  const requests = new ReconciliationRequests(client, report);
  const failures = new Failures();
  let failed: string | undefined;
  await watchUntil({
    kubeconfig: client.kubeconfig,
    path: `/apis/${api.group}/${api.version}/namespaces/${api.namespace}/${api.plural}`,
    what: `Flux to apply ${commit.slice(0, 12)} to ${inWords(kustomizations)}`,
    timeoutSeconds,
    missing: (objects) => {
      const all = new Map(objects.map((object) => [object.metadata.name, object]));
      for (const kustomization of [platform, ...kustomizations]) {
        failed ??= failures.note(kustomization, progressOf(kustomization, all, commit));
      }
      if (failed !== undefined) return undefined;
      const waiting = kustomizations.filter((kustomization) => {
        const { at } = progressOf(kustomization, all, commit);
        return at !== 'ready' && !(at === 'applied' && appliedIsEnough.has(kustomization));
      });
      requests.make(waiting, all);
      return waiting.length === 0
        ? undefined
        : waiting.map((kustomization) => inOneLine(kustomization, all, commit)).join('; ');
    },
    report,
    signal,
  });
  if (failed !== undefined) throw new Failure(failed, 'Correct it, then type the same command again.');
}

function inOneLine(kustomization: string, all: ReadonlyMap<string, WatchedObject>, commit: string): string {
  const progress = progressOf(kustomization, all, commit);
  return progress.at === 'waits' ? `${kustomization} (${progress.why.slice(0, 120)})` : kustomization;
}

/**
 * Detects permanent failures. Unhealthy objects and folders that cannot be built do not recover. The API server can refuse an
 * object until a webhook answers, so a refusal counts only the second time.
 */
export class Failures {
  readonly #refused = new Map<string, { last: boolean; count: number }>();

  /** Reason why the Kustomization fails; undefined if it does not. */
  note(kustomization: string, progress: DeployProgress): string | undefined {
    const failed = progress.at === 'failed';
    const { last = false, count = 0 } = this.#refused.get(kustomization) ?? {};
    const now = failed && !last ? count + 1 : count;
    this.#refused.set(kustomization, { last: failed, count: now });
    if (progress.at !== 'failed') return undefined;
    if (progress.reason === 'ReconciliationFailed' && now < 2) return undefined;
    return `Flux cannot apply ${kustomization} (${progress.reason}): ${progress.why}`;
  }
}
