import { compareText } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import type { Operator } from '../../model/operator.ts';
import { previewPattern } from '../../model/schema/previews.ts';
import type { CustomResource, SpecOf } from '../kube/custom-resource.ts';
import { isEncrypted } from '../kube/encrypted.ts';
import { field } from '../kube/field.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { decryptionKeys } from '../kube/names.ts';
import { kindOf } from '../kube/object-id.ts';
import { crdSource } from './crd-source.ts';
import { healthChecks } from './health-checks.ts';
import { isApplied } from './is-applied.ts';
import type { Kustomization } from './kustomization.ts';
import { ignoreAllBut } from './source-ignore.ts';
import { syncMetadata } from './sync-metadata.ts';

/** Folder below `manifests/ENV` for the objects of `fluxSync`. */
export const syncFolder = 'flux-sync';

/**
 * The Kustomization that creates those of all CustomResourceDefinitions, and its folder. It is separate
 * because the API server takes long to compare each definition, and no commit changes the artifacts.
 * Components that need a definition wait for it.
 */
export const definitions = 'crds';

/** The Git repository of the manifests, and the Kustomization that applies all others. */
export const platform = 'platform';

/**
 * The component that makes the artifacts of all others. It reads the Git repository itself, so that its mistakes can be corrected there, and a
 * cluster that does not know artifacts yet gets to know them.
 */
const flux = 'flux';

/** The objects in the folder of all CustomResourceDefinitions: the source of each artifact. */
export function definitionsSync(env: Environment, kustomizations: Kustomization[]): KubeObject[] {
  return kustomizations
    .filter(({ kind }) => kind === 'crds')
    .flatMap((kustomization) => artifactSync(env, kustomization));
}

/**
 * The objects that Flux reads first: the repository, one Kustomization for each component, one for all
 * definitions, and the root that applies these.
 */
export function fluxSync(env: Environment, kustomizations: Kustomization[]): KubeObject[] {
  const root = kustomizationObject(platform, {
    ...fromGit(env, syncFolder),
    // Callers wait for each Kustomization by itself; waiting for all of them here would delay the next
    // commit.
    wait: false,
    // The pod folder-artifacts names the artifact of each Kustomization; until then there is none.
    ignore: [{ paths: ['/spec/sourceRef/name'], target: { kind: 'Kustomization' } }],
  });
  // It does not depend on the root: the definition of a new field of Kustomizations can be in the commit that
  // uses it.
  const bring = kustomizationObject(definitions, { ...fromGit(env, definitions), wait: true });
  const byName = new Map(kustomizations.map((kustomization) => [kustomization.name, kustomization]));
  const components = kustomizations.filter(({ kind }) => kind === 'component');
  return [
    repository(env),
    root,
    bring,
    ...components.map((kustomization) => componentSync(env, kustomization, byName)),
  ];
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
    // A push triggers a reconciliation; the interval is for pushes without a trigger.
    spec: { interval: '1m', timeout: '60s', ...spec, ignore: ignoreAllBut([`manifests/${name}`]) },
  } satisfies CustomResource;
}

function inClusterUrl(operators: readonly Operator[]): string {
  const url = operators.find(({ provides }) => provides.gitRepository !== undefined)?.provides.gitRepository;
  if (url === undefined) throw new Error('no operator has provides.gitRepository');
  return url;
}

function componentSync(
  env: Environment,
  kustomization: Kustomization,
  kustomizations: ReadonlyMap<string, Kustomization>,
): KubeObject {
  const { name, objects } = kustomization;
  const dependsOn = dependencies(kustomization, kustomizations);
  return kustomizationObject(name, {
    ...(name === flux ? fromGit(env, name) : fromArtifact(env, name)),
    wait: true,
    // Flux must not prune itself: nothing would remove the remaining objects or uninstall the last chart.
    // Databases are not pruned either, because a deleted line is no decision about data; a person decides.
    // The database of a preview goes with the preview.
    ...(name === flux || name === 'helm-controller' || isLasting(kustomization)
      ? { deletionPolicy: 'Orphan' }
      : {}),
    ...patience(objects),
    ...healthChecks(env.operators, objects),
    ...(objects.some(isEncrypted) ? { decryption } : {}),
    ...(dependsOn.length === 0 ? {} : { dependsOn }),
  });
}

/**
 * The dependencies of a Kustomization: those whose objects it needs, each in its current form, applied at any commit, so that an unchanged one
 * delays nothing. The pod folder-artifacts names artifacts in this order, and only after the root and the definitions are applied at the
 * commit.
 *
 * Flux reads the Git repository itself: it waits for the root and the definitions at the same commit, by Flux's own check
 * (kustomize-controller v1.9, `checkDependencies`).
 */
function dependencies(
  kustomization: Kustomization,
  kustomizations: ReadonlyMap<string, Kustomization>,
): { name: string; readyExpr?: string }[] {
  const names = kustomization.dependsOn.map((name) =>
    kustomizations.get(name)?.kind === 'crds' ? definitions : name,
  );
  const sorted = [...new Set(names)].sort(compareText);
  return kustomization.name === flux
    ? [platform, ...sorted].map((name) => ({ name }))
    : sorted.map((name) => ({ name, readyExpr: isApplied }));
}

function artifactSync(env: Environment, { name }: Kustomization): KubeObject[] {
  const artifact = env.lock.artifacts[name];
  if (artifact === undefined) throw new Error(`images/lock.yaml has no artifact ${name}`);
  const source = crdSource(env, name, artifact);
  const sync = kustomizationObject(name, {
    path: './',
    sourceRef: { kind: source.kind, name },
    // Deleting a CustomResourceDefinition deletes all objects of its kind; removing a line must not do that.
    prune: false,
    wait: true,
  });
  return [source, sync];
}

function fromGit(
  { name }: Environment,
  folder: string,
): Pick<SpecOf<'Kustomization'>, 'path' | 'sourceRef' | 'prune'> {
  return {
    path: `./manifests/${name}/${folder}`,
    sourceRef: { kind: 'GitRepository', name: platform },
    prune: true,
  };
}

/** The name of its artifact is followed by a hash in the cluster (`artifactName`). */
function fromArtifact(env: Environment, folder: string): ReturnType<typeof fromGit> {
  return { ...fromGit(env, folder), sourceRef: { kind: 'ExternalArtifact', name: folder } };
}

/** Decryption by SOPS with keys that exist only in the cluster (Flux, 'Kustomization', Decryption). */
const decryption = { provider: 'sops', secretRef: { name: decryptionKeys } } as const;

/** A gradual roll-out takes longer than Flux waits by default, five minutes. */
function patience(objects: readonly KubeObject[]): { timeout?: string } {
  const scaled = objects.find(({ kind }) => kind === 'HorizontalPodAutoscaler');
  const watched = objects.map(({ spec }) => {
    const pods = field(spec, 'replicas') ?? field(scaled?.spec, 'maxReplicas') ?? 1;
    return Number(field(spec, 'minReadySeconds') ?? 0) * Number(pods);
  });
  const seconds = Math.max(0, ...watched);
  return seconds < 60 ? {} : { timeout: `${300 + seconds}s` };
}

/** Whether it has a database that is not one of a preview. */
function isLasting({ name, objects }: Kustomization): boolean {
  return (
    !previewPattern.test(name) && objects.some((object) => kindOf(object) === 'Cluster.postgresql.cnpg.io')
  );
}

/**
 * Intervals: a failed reconciliation is retried soon, because it is cheap; a successful one is repeated every
 * ten minutes.
 */
type Fields = Partial<SpecOf<'Kustomization'>> & {
  /** Fields that Flux creates and does not apply again (kustomize-controller v1.9). */
  ignore?: { paths: string[]; target: { kind: string } }[];
};

function kustomizationObject(
  name: string,
  spec: Fields & Pick<SpecOf<'Kustomization'>, 'sourceRef' | 'prune'>,
): KubeObject {
  return {
    apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
    kind: 'Kustomization',
    metadata: syncMetadata(name),
    spec: { interval: '10m', retryInterval: '5s', timeout: '5m', ...spec },
  } satisfies CustomResource;
}
