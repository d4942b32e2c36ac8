import type { V1ConfigMap } from '@kubernetes/client-node';
import { certificatesIn, rootId } from '../../apps/kit/pem.ts';
import { rootsName, trustName, trustNamespace } from '../../charts/kube/names.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask } from '../cluster/request.ts';

/** The CA certificates of an authority, at their source and in the namespaces. */
export interface Trust {
  /** Trusted generations. */
  trusted: number[];
  /** Map from a certificate's id to its generation. */
  roots: Map<string, number>;
  /** Map from a namespace to the ids of its copies, and the time of their last change. */
  spread: Map<string, { ids: string[]; since: Date }>;
}

/** By authority; `anchor` is the authority that is trusted for it. */
export async function trustOf(
  client: ClusterClient,
  authorities: readonly { name: string; anchor: string }[],
): Promise<Map<string, Trust>> {
  const { items } = await ask(client, 'ConfigMaps', client.core.listConfigMapForAllNamespaces());
  return new Map(authorities.map((each) => [each.name, readTrust(items, each)]));
}

export function readTrust(
  all: readonly V1ConfigMap[],
  { name, anchor }: { name: string; anchor: string },
): Trust {
  const at = (namespace: string, wanted: string) =>
    all.find(({ metadata }) => metadata?.namespace === namespace && metadata.name === wanted);
  const gathered = at(trustNamespace, rootsName(anchor));
  const trusted = gathered?.metadata?.annotations?.['plinth.io/trusted'] ?? '';
  const brought = all.filter(({ metadata }) => metadata?.name === trustName(name));
  return {
    trusted: trusted
      .split(',')
      .filter((part) => part !== '')
      .map(Number),
    // trust-roots names each certificate GENERATION-ID.pem.
    roots: new Map(
      Object.keys(gathered?.data ?? {}).flatMap((key) => {
        const [, generation, id] = /^(\d+)-([0-9a-f]{16})\.pem$/.exec(key) ?? [];
        return id === undefined ? [] : [[id, Number(generation)] as const];
      }),
    ),
    spread: new Map(
      brought.map(({ metadata, data }) => [
        metadata?.namespace ?? '',
        {
          ids: certificatesIn(data?.['roots.pem'] ?? '')
            .map(rootId)
            .sort(),
          since: latest(metadata?.managedFields?.map(({ time }) => time) ?? [metadata?.creationTimestamp]),
        },
      ]),
    ),
  };
}

function latest(times: (Date | undefined)[]): Date {
  return new Date(Math.max(0, ...times.map((time) => time?.getTime() ?? 0)));
}
