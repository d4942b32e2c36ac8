import { textField } from '../../charts/kube/field.ts';
import { definitions, platform, syncFolder } from '../../charts/order/flux-sync.ts';
import type { Engine, Report } from '../../images/index.ts';
import type { Environment } from '../../model/graph.ts';
import { clusterClient, kubeconfigPath } from '../cluster/client.ts';
import { applyAsFlux, nodeKubectl } from '../cluster/node-kubectl.ts';
import { isTrue, type WatchedObject, watchUntil } from '../cluster/watch-until.ts';
import { lastEvents } from './bootstrap.ts';
import { manifestRepository, type Pushed, pushManifests } from './manifest-repository.ts';
import { hasArtifact, progressOf } from './progress.ts';
import { ReconciliationRequests } from './requests.ts';

interface Options {
  engine: Engine;
  environment: Environment;
  report: Report;
  signal: AbortSignal;
}

/** Commits the environment's manifests to the cluster's repository. */
export async function push(
  options: Options & {
    manifests: ReadonlyMap<string, string>;
    root: string;
    message: string;
    leave?: readonly string[];
  },
): Promise<Pushed> {
  const { environment, manifests, root, message, leave = [], signal, report } = options;
  report('reading the repository');
  return pushManifests(manifestRepository(environment.cluster.name), {
    root,
    environment: environment.name,
    manifests,
    message,
    leave,
    signal,
  });
}

/** Creates the source and the root Kustomization, from which Flux creates all others. */
export async function startSync(
  options: Options & { manifests: ReadonlyMap<string, string> },
): Promise<void> {
  const { engine, environment, manifests, report, signal } = options;
  const { name } = environment.cluster;
  await applyAsFlux(engine, name, syncObjects(environment, manifests), signal);
  // The Git server could not notify Flux of the first push: the GitRepository did not exist yet.
  const tellFlux = ['-n', 'git-server', 'exec', 'deploy/git-server', '--', '/usr/local/bin/tell-flux'];
  await nodeKubectl(engine, name, tellFlux, { signal }).catch((error: Error) => {
    signal.throwIfAborted();
    report(`the front page will not show the author of this push: ${error.message}`);
  });
}

/** The source and the root Kustomization as one text. */
export function syncObjects({ name }: Environment, manifests: ReadonlyMap<string, string>): string {
  const folder = `manifests/${name}/${syncFolder}`;
  const objects = ['gitrepository-platform.yaml', 'kustomization-platform.yaml'].map((file) => {
    const text = manifests.get(`${folder}/${file}`);
    if (text === undefined) throw new Error(`${folder}/${file} is not part of the render`);
    return text;
  });
  return objects.join('\n---\n');
}

/**
 * Waits until every rendered Kustomization is Ready, and those of the manifest repository are Ready at
 * `commit`. The names come from the render, so a Kustomization that Flux has not created yet counts as
 * missing. Returns the names of those that are Ready.
 *
 * @param options.any Kustomizations of which one is sufficient. Default: all are needed.
 */
export async function waitForSync(
  options: Options & {
    manifests: ReadonlyMap<string, string>;
    commit: string;
    timeoutSeconds?: number;
    any?: readonly string[];
  },
): Promise<string[]> {
  const { engine, environment, manifests, commit, report, signal, timeoutSeconds = 900, any } = options;
  const names = kustomizationNames(environment.name, manifests);
  let waiting: string[] = names;
  const requests = new ReconciliationRequests(clusterClient(environment.cluster.name), report);
  await watchUntil({
    kubeconfig: kubeconfigPath(environment.cluster.name),
    path: '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations',
    what: `Flux to apply ${commit.slice(0, 12)}`,
    timeoutSeconds,
    missing: (objects) => {
      const byName = new Map(objects.map((object) => [object.metadata.name, object]));
      waiting = names.filter((name) => !isSynced(name, byName, commit));
      if (waiting.length === 0 || any?.some((name) => !waiting.includes(name))) return undefined;
      requests.make(waiting, byName);
      // The others wait for these.
      const working = waiting.filter((name) => !waitsForAnother(byName.get(name)));
      const first = (working.length > 0 ? working : waiting)
        .slice(0, 4)
        .map((name) => describe(name, byName.get(name)));
      return `${names.length - waiting.length} of ${names.length} Ready; ${first.join('; ')}`;
    },
    report,
    explain: async () => {
      const namespaces = new Set(['flux-system', ...waiting.map((name) => namespaceOf(environment, name))]);
      const events = await Promise.all(
        [...namespaces].map((namespace) => lastEvents(engine, environment.cluster.name, namespace)),
      );
      return events.filter((text) => text !== '').join('\n');
    },
    signal,
  });
  return names.filter((name) => !waiting.includes(name));
}

/** Names of all rendered Kustomizations of an environment. */
export function kustomizationNames(environment: string, manifests: ReadonlyMap<string, string>): string[] {
  const folders = [syncFolder, definitions].map(
    (folder) => `manifests/${environment}/${folder}/kustomization-`,
  );
  return [...manifests.keys()]
    .flatMap((path) =>
      folders.flatMap((prefix) =>
        path.startsWith(prefix) ? [path.slice(prefix.length, -'.yaml'.length)] : [],
      ),
    )
    .sort();
}

function isSynced(name: string, all: ReadonlyMap<string, WatchedObject>, commit: string): boolean {
  const object = all.get(name);
  const isOfCommit = hasArtifact(object) || textField(object, 'spec', 'sourceRef', 'name') === platform;
  return isOfCommit
    ? progressOf(name, all, commit).at === 'ready'
    : object !== undefined && isTrue(object, 'Ready');
}

/** Whether it waits for a dependency, or for its artifact, which waits for the definitions. */
function waitsForAnother(object: WatchedObject | undefined): boolean {
  const reason = readyCondition(object)?.reason;
  return reason === 'DependencyNotReady' || (hasArtifact(object) && reason === 'ArtifactFailed');
}

function readyCondition(object: WatchedObject | undefined) {
  return object?.status?.conditions?.find(({ type }) => type === 'Ready');
}

function describe(name: string, object: WatchedObject | undefined): string {
  const ready = readyCondition(object);
  const message = ready?.status === 'False' ? (ready.message?.split('\n')[0] ?? '') : '';
  return message === '' ? name : `${name} (${message.slice(0, 120)})`;
}

function namespaceOf(environment: Environment, component: string): string {
  return environment.operators.find(({ name }) => name === component)?.namespace ?? component;
}
