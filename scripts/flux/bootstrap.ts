import type { Engine, Report } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { kubeconfigPath } from '../cluster/client.ts';
import { applyAsFlux, nodeKubectl } from '../cluster/node-kubectl.ts';
import { type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import { definitionsOf, objectsOf } from './objects-as-text.ts';

/** Requirements of Flux's first read: storage for the Git server, the Git server, and Flux itself. */
export const bootstrapComponents = ['local-path', 'flux', 'git-server'];

/**
 * Applies Flux and its requirements with one call, from the manifests that Flux takes over afterwards.
 * Skipped once Flux has applied itself: from then on changes arrive only through Git, and this would remove
 * Flux's own labels.
 */
export async function bootstrap(options: {
  engine: Engine;
  environment: Environment;
  manifests: ReadonlyMap<string, string>;
  report: Report;
  signal: AbortSignal;
}): Promise<string | undefined> {
  const { engine, environment, manifests, report, signal } = options;
  const { name } = environment.cluster;
  const appliedBy = 'jsonpath={.metadata.labels.kustomize\\.toolkit\\.fluxcd\\.io/name}';
  const get = ['get', 'namespace', 'flux-system', '--ignore-not-found', '-o', appliedBy];
  if ((await nodeKubectl(engine, name, get, { signal })) !== '') return 'Flux manages the cluster';
  report('custom resource definitions of Flux');
  await applyAsFlux(engine, name, await fluxDefinitions(environment), signal);
  report(bootstrapComponents.join(', '));
  await applyAsFlux(engine, name, fluxObjects(environment, manifests), signal);
  return undefined;
}

/** Flux's CustomResourceDefinitions as one text. */
export function fluxDefinitions({ operators }: Environment): Promise<string> {
  return definitionsOf(operators.filter(({ name }) => name === 'flux'));
}

/** Flux and its requirements as one text. */
export function fluxObjects(environment: Environment, manifests: ReadonlyMap<string, string>): string {
  return objectsOf(environment, manifests, bootstrapComponents);
}

/** By namespace, the Deployments that must run before manifests can be pushed and read. */
const deployments = {
  'git-server': ['git-server'],
  'flux-system': ['source-controller', 'kustomize-controller'],
};

/** Waits for those Deployments of one namespace. */
export function waitForBootstrap(
  namespace: keyof typeof deployments,
  options: { engine: Engine; environment: Environment; report: Report; signal: AbortSignal },
): Promise<void> {
  return waitForDeployments(options.environment.cluster.name, namespace, deployments[namespace], options);
}

/** Waits for the Deployments of a namespace to have all their replicas ready. */
async function waitForDeployments(
  cluster: string,
  namespace: string,
  names: string[],
  options: { report: Report; signal: AbortSignal; timeoutSeconds?: number; engine: Engine },
): Promise<void> {
  const { report, signal, timeoutSeconds = 300, engine } = options;
  await watchUntil({
    kubeconfig: kubeconfigPath(cluster),
    path: `/apis/apps/v1/namespaces/${namespace}/deployments`,
    what: `${names.join(', ')} in the namespace ${namespace}`,
    timeoutSeconds,
    missing: (found) => {
      const waiting = names.filter(
        (name) => !isAvailable(found.find(({ metadata }) => metadata.name === name)),
      );
      return waiting.length === 0 ? undefined : waiting.join(', ');
    },
    report: (missing) => report(`waiting for ${missing}`),
    explain: () => lastEvents(engine, cluster, namespace),
    signal,
  });
}

function isAvailable(deployment: WatchedObject | undefined): boolean {
  const replicas = Number(deployment?.spec?.replicas ?? 1);
  return (
    deployment?.status !== undefined &&
    (deployment.status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0) &&
    Number(deployment.status.updatedReplicas ?? 0) >= replicas &&
    Number(deployment.status.availableReplicas ?? 0) >= replicas
  );
}

/** The last warnings of a namespace, for the message of a time-out. */
export async function lastEvents(engine: Engine, cluster: string, namespace: string): Promise<string> {
  const table = await nodeKubectl(engine, cluster, [
    ...['get', 'events', '-n', namespace, '--field-selector=type=Warning', '--sort-by=.lastTimestamp'],
    ...[
      '-o',
      'custom-columns=AT:.lastTimestamp,KIND:.involvedObject.kind,NAME:.involvedObject.name,MESSAGE:.message',
    ],
  ]);
  const lines = table.trim().split('\n');
  return lines.length <= 1 ? '' : ['last warnings:', ...lines.slice(-6)].join('\n  ');
}
