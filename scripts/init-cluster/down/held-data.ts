import { z } from 'zod';
import type { Engine } from '../../../images/index.ts';
import { nodeKubectl } from '../../cluster/node-kubectl.ts';

/** Data that is lost with a cluster. */
export interface HeldData {
  kind: 'database' | 'volume';
  /** `NAMESPACE/NAME`. */
  name: string;
  /** Requested size; for a database, of each instance. */
  size: string;
}

const claims = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
      }),
      spec: z.object({ resources: z.object({ requests: z.object({ storage: z.string() }) }) }),
    }),
  ),
});

/** The databases and other volumes of a cluster, from its API server. */
export async function heldData(engine: Engine, cluster: string): Promise<HeldData[]> {
  const args = [
    'get',
    'persistentvolumeclaims',
    '--all-namespaces',
    '--output=json',
    '--request-timeout=15s',
  ];
  return readClaims(await nodeKubectl(engine, cluster, args));
}

/** Databases come first; the volumes of a database's instances are one entry. */
export function readClaims(json: string): HeldData[] {
  const found = new Map<string, HeldData>();
  for (const { metadata, spec } of claims.parse(JSON.parse(json)).items) {
    const database = metadata.labels?.['cnpg.io/cluster'];
    const name = `${metadata.namespace}/${database ?? metadata.name}`;
    const kind = database === undefined ? 'volume' : 'database';
    found.set(`${kind} ${name}`, { kind, name, size: spec.resources.requests.storage });
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
