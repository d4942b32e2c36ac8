import type { ClusterClient } from '../cluster/client.ts';
import { RawObjects } from '../cluster/raw-objects.ts';
import { ask } from '../cluster/request.ts';
import { type AppStatus, apps } from './app-states.ts';
import { type CertificateTrouble, certificateTroubles } from './certificate-states.ts';
import { driftStates, type KustomizationDrift } from './drift-states.ts';
import { type FirstCause, firstCauses } from './first-causes.ts';
import { type KustomizationState, kustomizations } from './kustomization-states.ts';
import { type NodeStatus, nodes } from './node-states.ts';
import { type SignalStates, signalStates } from './signal-states.ts';

/** The state of a cluster that `npm run status` shows. */
export interface Status {
  cluster: string;
  server: string;
  kubeconfig: string;
  /**
   * Whether all nodes, Kustomizations and Certificates are Ready, all apps healthy, Flux installed, and all signals of the synthetic
   * requests reached.
   */
  ready: boolean;
  nodes: NodeStatus[];
  kustomizations: Omit<KustomizationState, 'inventory'>[];
  /** Why Kustomizations are not Ready, the one first for which most others wait. */
  causes: FirstCause[];
  /** Objects that were changed or deleted in the cluster since Flux applied them. It takes back what its manifests say. */
  drifts: KustomizationDrift[];
  /**
   * Rendered Kustomizations that are not in the cluster yet, such as those of observability while its images
   * are built.
   */
  missing: string[];
  apps: AppStatus[];
  /** Certificates that are not issued as requested, or whose renewal failed. */
  certificates: CertificateTrouble[];
  /** What became of the synthetic requests. */
  probe: SignalStates;
}

/**
 * Requests everything in parallel, with one request per kind; then the metadata of what Flux has applied, in the same way. `rendered` has the names of this checkout's
 * Kustomizations; `askPrometheus` runs a query in the cluster's Prometheus.
 */
export async function collectStatus(
  client: ClusterClient,
  rendered: readonly string[],
  askPrometheus?: Parameters<typeof signalStates>[0],
): Promise<Status> {
  const [nodeStates, kustomizationStates, appStates, certificates] = await Promise.all([
    nodes(client),
    kustomizations(client),
    apps(client),
    certificateTroubles(client),
  ]);
  const drifts = await ask(
    client,
    'objects',
    driftStates(new RawObjects(client.config), kustomizationStates),
  );
  const probe = await signalStates(askPrometheus, kustomizationStates, client);
  return {
    cluster: client.name,
    server: client.server,
    kubeconfig: client.kubeconfig,
    ready:
      nodeStates.every(({ ready }) => ready) &&
      kustomizationStates.length > 0 &&
      kustomizationStates.every(({ ready }) => ready) &&
      appStates.every(({ healthy }) => healthy) &&
      certificates.length === 0 &&
      probe.trouble === '' &&
      probe.signals.every(({ reached }) => reached),
    nodes: nodeStates,
    kustomizations: kustomizationStates.map(({ inventory, ...state }) => state),
    causes: firstCauses(kustomizationStates),
    drifts,
    missing:
      kustomizationStates.length === 0
        ? []
        : rendered.filter((name) => !kustomizationStates.some((each) => each.name === name)),
    apps: appStates,
    certificates,
    probe,
  };
}
