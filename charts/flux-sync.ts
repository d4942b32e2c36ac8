import type { Environment } from '../model/graph.ts';
import { crdSource } from './crd-source.ts';
import { healthChecks } from './health-checks.ts';
import type { KubeObject } from './kube-object.ts';
import { kindOf } from './object-id.ts';
import { onlyPaths } from './only-paths.ts';
import type { Unit } from './order.ts';
import { syncMetadata } from './sync-metadata.ts';

/** Below `manifests/ENV`: the folder of what `fluxSync` makes. */
export const syncFolder = 'flux-sync';

/** The Git repository of the manifests, and the Kustomization that applies all others. */
export const platform = 'platform';

/** The Git server in the cluster; operators/git-server.ts. */
const inClusterUrl = 'http://git-server.git-server.svc.cluster.local/platform.git';

/** What Flux reads and in which order: the repository, one Kustomization for each unit, and one that brings these. */
export function fluxSync(env: Environment, units: Unit[]): KubeObject[] {
  const root = kustomization(platform, {
    path: `./manifests/${env.name}/${syncFolder}`,
    sourceRef: { kind: 'GitRepository', name: platform },
    prune: true,
    // Each of the others is waited for by itself; to wait for all of them here would hold up the next commit.
    wait: false,
  });
  return [repository(env), root, ...units.flatMap((unit) => unitObjects(env, unit))];
}

function repository({ name, cluster: { source } }: Environment): KubeObject {
  const spec =
    source.kind === 'in-cluster'
      ? { url: inClusterUrl, ref: { branch: 'main' } }
      : {
          url: source.url,
          ref: { branch: source.branch },
          ...(source.secret === undefined ? {} : { secretRef: { name: source.secret } }),
        };
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata: syncMetadata(platform),
    // A push asks for a look at once; the interval is for pushes of which nobody told.
    spec: { interval: '1m', timeout: '60s', ...spec, ignore: onlyPaths([`manifests/${name}`]) },
  };
}

function unitObjects(env: Environment, unit: Unit): KubeObject[] {
  const artifact = unit.kind === 'crds' ? env.lock.artifacts[unit.name] : undefined;
  if (artifact === undefined) {
    const sync = kustomization(unit.name, {
      path: `./manifests/${env.name}/${unit.name}`,
      sourceRef: { kind: 'GitRepository', name: platform },
      prune: true,
      wait: true,
      // Flux must not remove itself: nothing would be left to remove the rest. And a line that is gone from a file is no
      // reason to remove data: the last word on a database is a person's.
      ...(unit.name === 'flux' || isDatabase(unit) ? { deletionPolicy: 'Orphan' } : {}),
      ...healthChecks(env.operators, unit.objects),
      ...after(unit),
    });
    return [sync];
  }
  const source = crdSource(env, unit.name, artifact);
  const sync = kustomization(unit.name, {
    path: './',
    sourceRef: { kind: source.kind, name: unit.name },
    // With a CustomResourceDefinition go all objects of its kind: that is not done by taking out a line.
    prune: false,
    wait: true,
    ...after(unit),
  });
  return [source, sync];
}

function isDatabase({ objects }: Unit): boolean {
  return objects.some((object) => kindOf(object) === 'Cluster.postgresql.cnpg.io');
}

function after({ dependsOn }: Unit): object {
  return dependsOn.length === 0 ? {} : { dependsOn: dependsOn.map((name) => ({ name })) };
}

/** Times: what fails is tried again soon, since every try is cheap; what holds is looked at every ten minutes. */
function kustomization(name: string, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: syncMetadata(name),
    spec: { interval: '10m', retryInterval: '5s', timeout: '5m', ...spec },
  };
}
