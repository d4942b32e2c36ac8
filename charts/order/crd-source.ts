import type { LockArtifact } from '../../images/lock/index.ts';
import type { Environment } from '../../model/graph.ts';
import type { CustomResource } from '../kube/custom-resource.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import { ignoreAllBut } from './source-ignore.ts';
import { syncMetadata } from './sync-metadata.ts';

/** Address of the mirror for nodes and pods; it uses plain HTTP. */
export const mirror = 'plinth-registry:5000';

/**
 * The source of an artifact of the lock file for Flux: the mirror, the upstream registry, or upstream's Git.
 */
export function crdSource(
  env: Environment,
  name: string,
  artifact: LockArtifact,
): KubeObject & { kind: 'OCIRepository' | 'GitRepository' } {
  const colon = artifact.ref.lastIndexOf(':');
  const [path, tag] = [artifact.ref.slice(0, colon), artifact.ref.slice(colon + 1)];
  const metadata = syncMetadata(name);
  // An upstream tag never moves; a daily check notices that it is gone.
  const interval = '24h';
  if (env.cluster.artifacts === 'mirror') {
    // The digest of the artifact built here; upstream packs it in another way.
    const exact = artifact.digest === undefined ? { tag } : { tag, digest: artifact.digest };
    return {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: { interval, url: `oci://${mirror}/${path}`, ref: exact, insecure: true },
    } satisfies CustomResource;
  }
  const github = /^github\.com\/[^/]+\/[^/]+/.exec(path)?.[0];
  if (github === undefined) {
    return {
      apiVersion: 'source.toolkit.fluxcd.io/v1',
      kind: 'OCIRepository',
      metadata,
      spec: { interval, url: `oci://${path}`, ref: { tag } },
    } satisfies CustomResource;
  }
  return {
    apiVersion: 'source.toolkit.fluxcd.io/v1',
    kind: 'GitRepository',
    metadata,
    spec: { interval, url: `https://${github}`, ref: { tag }, ignore: ignoreAllBut(artifact.build.paths) },
  } satisfies CustomResource;
}
