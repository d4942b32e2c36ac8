import type { ClusterClient } from '../cluster/client.ts';
import { type AppStatus, apps } from './app-states.ts';
import { type CertificateTrouble, certificateTroubles } from './certificate-states.ts';
import { type KustomizationState, kustomizations } from './kustomization-states.ts';
import { type NodeStatus, nodes } from './node-states.ts';

/** The state of a cluster that `npm run status` shows. */
export interface Status {
  cluster: string;
  server: string;
  kubeconfig: string;
  /** Whether all nodes, Kustomizations and Certificates are Ready, all apps healthy, and Flux installed. */
  ready: boolean;
  nodes: NodeStatus[];
  kustomizations: KustomizationState[];
  /**
   * Rendered Kustomizations that are not in the cluster yet, such as those of observability while its images
   * are built.
   */
  missing: string[];
  apps: AppStatus[];
  /** Certificates that are not issued as requested, or whose renewal failed. */
  certificates: CertificateTrouble[];
}

/**
 * Requests everything in parallel, with one request per kind. `rendered` has the names of this checkout's
 * Kustomizations.
 */
export async function collectStatus(client: ClusterClient, rendered: readonly string[]): Promise<Status> {
  const [nodeStates, kustomizationStates, appStates, certificates] = await Promise.all([
    nodes(client),
    kustomizations(client),
    apps(client),
    certificateTroubles(client),
  ]);
  return {
    cluster: client.name,
    server: client.server,
    kubeconfig: client.kubeconfig,
    ready:
      nodeStates.every(({ ready }) => ready) &&
      kustomizationStates.length > 0 &&
      kustomizationStates.every(({ ready }) => ready) &&
      appStates.every(({ healthy }) => healthy) &&
      certificates.length === 0,
    nodes: nodeStates,
    kustomizations: kustomizationStates,
    missing:
      kustomizationStates.length === 0
        ? []
        : rendered.filter((name) => !kustomizationStates.some((each) => each.name === name)),
    apps: appStates,
    certificates,
  };
}
