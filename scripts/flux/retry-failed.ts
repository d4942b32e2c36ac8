import { ApiException, type V1Job } from '@kubernetes/client-node';
import { parse } from 'yaml';
import { isKubeObject } from '../../charts/kube/kube-object.ts';
import type { Report } from '../../images/index.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import { kustomizationsNow } from './kustomizations-now.ts';
import { kustomizationApi as api, requestReconciliation } from './request-reconciliation.ts';

const list = `/apis/${api.group}/${api.version}/namespaces/${api.namespace}/${api.plural}`;

/** Seconds in which Flux begins what it is asked for; it applies several Kustomizations at once, others wait. */
const timeoutSeconds = 120;

/** What to try again. */
export interface Retry {
  client: ClusterClient;
  /** Folder of clusters/. */
  environment: string;
  /** Names of the Kustomizations that may be tried again. */
  kustomizations: readonly string[];
  manifests: ReadonlyMap<string, string>;
  report: Report;
  signal: AbortSignal;
}

/**
 * Tries failed Kustomizations again at once: by itself Flux waits for its interval, and a failed Job stays failed, because its name changes
 * only with its content. So failed Jobs are removed, which Flux creates again. Returns the names when Flux has begun; none if nothing
 * had failed.
 */
export async function retryFailed(retry: Retry): Promise<string[]> {
  const { client, environment, manifests, report, signal } = retry;
  const failed = [...(await kustomizationsNow(client)).values()]
    .filter((object) => retry.kustomizations.includes(object.metadata.name) && hasFailed(object))
    .map(({ metadata }) => metadata.name);
  if (failed.length === 0) return [];
  report(`trying again: ${failed.join(', ')}`);
  for (const job of failed.flatMap((name) => jobsOf(environment, name, manifests)))
    await removeIfFailed(client, job);
  const at = new Date().toISOString();
  for (const name of failed) await requestReconciliation(client, name, at);
  await watchUntil({
    kubeconfig: client.kubeconfig,
    path: list,
    what: `Flux to try ${failed.join(', ')} again`,
    timeoutSeconds,
    missing: (objects) => {
      const waiting = objects.filter(
        (object) =>
          failed.includes(object.metadata.name) &&
          hasFailed(object) &&
          object.status?.lastHandledReconcileAt !== at,
      );
      return waiting.length === 0 ? undefined : waiting.map(({ metadata }) => metadata.name).join(', ');
    },
    report: (missing) => report(`Flux begins again: ${missing}`),
    signal,
  });
  return failed;
}

/** Whether Flux has given up until its interval. One that waits for others goes on by itself. */
function hasFailed({ status }: WatchedObject): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  return ready?.status === 'False' && ready.reason !== 'DependencyNotReady';
}

interface JobKey {
  name: string;
  namespace: string;
}

/** The Jobs in the folder of a Kustomization. */
function jobsOf(environment: string, name: string, manifests: ReadonlyMap<string, string>): JobKey[] {
  return [...manifests]
    .filter(([path]) => path.startsWith(`manifests/${environment}/${name}/job-`))
    .map(([, text]): unknown => parse(text))
    .filter(isKubeObject)
    .map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace ?? 'default' }));
}

async function removeIfFailed(client: ClusterClient, key: JobKey): Promise<void> {
  const job = await client.batch.readNamespacedJob(key).catch((error: unknown): V1Job | undefined => {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  });
  const failed = job?.status?.conditions?.some(({ type, status }) => type === 'Failed' && status === 'True');
  if (failed === true) await client.batch.deleteNamespacedJob({ ...key, propagationPolicy: 'Background' });
}
