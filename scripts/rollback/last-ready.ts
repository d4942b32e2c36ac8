import { z } from 'zod';
import { clusterClient, hasKubeconfig } from '../cluster/client.ts';
import { isNotFound, reason } from '../cluster/request.ts';

/**
 * The history of reconciliations that kustomize-controller keeps for a Kustomization (fluxcd/kustomize-controller, api/v1:
 * status.history); the reasons come from fluxcd/pkg, apis/meta.
 */
const historySchema = z.object({
  status: z
    .object({
      history: z
        .array(
          z.object({
            lastReconciledStatus: z.string(),
            metadata: z.record(z.string(), z.string()).optional(),
          }),
        )
        .default([]),
    })
    .optional(),
});

/** Commits at which a Kustomization was Ready, from its status. */
export function readyCommits(kustomization: unknown): string[] {
  const history = historySchema.parse(kustomization).status?.history ?? [];
  return history
    .filter(({ lastReconciledStatus }) => lastReconciledStatus === 'ReconciliationSucceeded')
    .flatMap(({ metadata = {} }) => {
      const revision = metadata.originRevision ?? metadata.revision ?? '';
      return /sha(?:1|256):([0-9a-f]{40,64})$/.exec(revision)?.[1] ?? [];
    });
}

/**
 * Commits at which an app was Ready, from its cluster. Empty, with a message to `report`, if this machine does not reach the
 * cluster.
 */
export async function readyCommitsOf(
  cluster: string,
  app: string,
  report: (message: string) => void,
): Promise<string[]> {
  if (!hasKubeconfig(cluster)) {
    report(`this machine has no kubeconfig of ${cluster}: which version was Ready is not known`);
    return [];
  }
  try {
    const kustomization: unknown = await clusterClient(cluster).custom.getNamespacedCustomObject({
      group: 'kustomize.toolkit.fluxcd.io',
      version: 'v1',
      namespace: 'flux-system',
      plural: 'kustomizations',
      name: app,
    });
    return readyCommits(kustomization);
  } catch (error) {
    const why = isNotFound(error) ? `it has no Kustomization ${app}` : reason(error);
    report(`${cluster} does not tell which version was Ready: ${why}`);
    return [];
  }
}
