import { artifactPublisher } from '../../../charts/order/artifact.ts';

/** An artifact of Flux (source.toolkit.fluxcd.io/v1, `Artifact`). */
export interface Artifact {
  url: string;
  revision: string;
  /** Of the archive: `sha256:…`. */
  digest: string;
}

/** The Git repository of the manifests, as source-controller reports it. */
export interface GitRepository {
  metadata: { name: string };
  status?: { artifact?: Artifact };
}

/** An artifact that this program has published. */
export interface ExternalArtifact {
  metadata: { name: string };
  status?: { artifact?: Artifact };
}

/** The parts of a Kustomization that count here. */
export interface FolderKustomization {
  metadata: { name: string; annotations?: Record<string, string> };
  spec: {
    suspend?: boolean;
    path?: string;
    sourceRef: { kind: string; name: string };
    dependsOn?: { name: string }[];
  };
  status?: { lastAppliedRevision?: string };
}

const namespace = '/apis/source.toolkit.fluxcd.io/v1/namespaces/flux-system';
const kustomizations = '/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/flux-system/kustomizations';

/** Label of the objects that this program makes, and may delete. */
export const owner = { 'app.kubernetes.io/managed-by': artifactPublisher };

/** Paths at the API server. */
export const paths = {
  repository: (name: string) => `${namespace}/gitrepositories?fieldSelector=metadata.name%3D${name}`,
  kustomizations,
  kustomization: (name: string) => `${kustomizations}/${name}`,
  artifacts: `${namespace}/externalartifacts?labelSelector=app.kubernetes.io%2Fmanaged-by%3D${artifactPublisher}`,
  artifact: (name: string) => `${namespace}/externalartifacts/${name}`,
};
