import type { Environment } from '../../model/graph.ts';
import type { Operator } from '../../model/operator.ts';
import { isEncrypted } from '../kube/encrypted.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { decryptionKeys } from '../kube/names.ts';
import { kindOf } from '../kube/object-id.ts';
import { crdSource } from './crd-source.ts';
import { healthChecks } from './health-checks.ts';
import { onlyPaths } from './only-paths.ts';
import { syncMetadata } from './sync-metadata.ts';
import type { Unit } from './unit.ts';

/** Below `manifests/ENV`: the folder of what `fluxSync` makes. */
export const syncFolder = 'flux-sync';

/**
 * The Kustomization that brings those of all CustomResourceDefinitions, and its folder. What needs one of them waits for
 * this: Flux looks at all that a Kustomization depends on whenever the manifests change, and to compare each definition
 * takes the API server most of the time of a commit.
 */
export const definitions = 'crds';

/** The Git repository of the manifests, and the Kustomization that applies all others. */
export const platform = 'platform';

/**
 * What Flux reads and in which order, by folder: the repository, one Kustomization for each unit, and one that brings
 * these; apart from them, where all CustomResourceDefinitions come from.
 */
export function fluxSync(env: Environment, units: Unit[]): Map<string, KubeObject[]> {
  const root = kustomization(platform, {
    ...fromGit(env, syncFolder),
    // Each of the others is waited for by itself; to wait for all of them here would hold up the next commit.
    wait: false,
  });
  const crds = units.filter(({ kind }) => kind === 'crds');
  const components = units.filter(({ kind }) => kind === 'component');
  const bring = kustomization(definitions, { ...fromGit(env, definitions), wait: true });
  return new Map([
    [syncFolder, [repository(env), root, bring, ...components.map((unit) => componentSync(env, unit, crds))]],
    [definitions, crds.flatMap((unit) => definitionsSync(env, unit))],
  ]);
}

function repository({ name, cluster: { source }, operators }: Environment): KubeObject {
  const spec =
    source.kind === 'in-cluster'
      ? { url: inClusterUrl(operators), ref: { branch: 'main' } }
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

function inClusterUrl(operators: readonly Operator[]): string {
  const url = operators.find(({ provides }) => provides.gitRepository !== undefined)?.provides.gitRepository;
  if (url === undefined) throw new Error('no operator has provides.gitRepository');
  return url;
}

function componentSync(env: Environment, unit: Unit, crds: Unit[]): KubeObject {
  const ofOthers = new Set(crds.map(({ name }) => name));
  const dependsOn = unit.dependsOn.map((name) => (ofOthers.has(name) ? definitions : name));
  return kustomization(unit.name, {
    ...fromGit(env, unit.name),
    wait: true,
    // Flux must not remove itself: nothing would be left to remove the rest, nor to uninstall the last chart. And a line that is gone
    // from a file is no reason to remove data: the last word on a database is a person's.
    ...(unit.name === 'flux' || unit.name === 'helm-controller' || isDatabase(unit)
      ? { deletionPolicy: 'Orphan' }
      : {}),
    ...healthChecks(env.operators, unit.objects),
    ...(unit.objects.some(isEncrypted) ? { decryption } : {}),
    ...(dependsOn.length === 0
      ? {}
      : { dependsOn: [...new Set(dependsOn)].sort().map((name) => ({ name })) }),
  });
}

function definitionsSync(env: Environment, { name }: Unit): KubeObject[] {
  const artifact = env.lock.artifacts[name];
  if (artifact === undefined) throw new Error(`images/lock.yaml has no artifact ${name}`);
  const source = crdSource(env, name, artifact);
  const sync = kustomization(name, {
    path: './',
    sourceRef: { kind: source.kind, name },
    // With a CustomResourceDefinition go all objects of its kind: that is not done by taking out a line.
    prune: false,
    wait: true,
  });
  return [source, sync];
}

function fromGit({ name }: Environment, folder: string): Record<string, unknown> {
  return {
    path: `./manifests/${name}/${folder}`,
    sourceRef: { kind: 'GitRepository', name: platform },
    prune: true,
  };
}

/** By SOPS with the keys that are in the cluster alone (Flux, 'Kustomization', Decryption). */
const decryption = { provider: 'sops', secretRef: { name: decryptionKeys } };

function isDatabase({ objects }: Unit): boolean {
  return objects.some((object) => kindOf(object) === 'Cluster.postgresql.cnpg.io');
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
