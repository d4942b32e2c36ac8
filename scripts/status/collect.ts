import type { ClusterClient } from '../cluster/client.ts';
import { type AppStatus, apps } from './app-states.ts';
import { type CertificateTrouble, certificateTroubles } from './certificate-states.ts';
import { type KustomizationState, kustomizations } from './kustomization-states.ts';
import { type NodeStatus, nodes } from './node-states.ts';

/** What `npm run status` knows of a cluster. */
export interface Status {
  cluster: string;
  server: string;
  kubeconfig: string;
  /** All nodes, Kustomizations and Certificates are Ready, all apps run as wanted, and Flux is there. */
  ready: boolean;
  nodes: NodeStatus[];
  kustomizations: KustomizationState[];
  /** Kustomizations that are rendered and not in the cluster yet, such as those of observability while its images are built. */
  missing: string[];
  apps: AppStatus[];
  /** Certificates that are not there as they are asked for, or whose renewal failed. */
  certificates: CertificateTrouble[];
}

/** Asks for everything at once: one request per kind. `rendered` are the names of the Kustomizations of this checkout. */
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
