import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node';
import { z } from 'zod';
import { resolvedErrorsMap } from '../../apps/home/src/errors/error-state.ts';
import type { ClusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';

const { namespace, name } = resolvedErrorsMap;

/** A ConfigMap holds a mebibyte (Kubernetes, 'ConfigMaps'); an entry has less than 300 bytes. */
const mostEntries = 2_000;

const entrySchema = z.object({
  /** RFC 3339. */
  at: z.string(),
  app: z.string(),
  /** The beginning of the message, for people who read the ConfigMap. */
  message: z.string(),
});

/** When an error was resolved. */
export type ResolvedError = z.infer<typeof entrySchema>;

/** Errors that somebody resolved, by their id. */
export async function resolvedErrors(client: ClusterClient): Promise<Map<string, ResolvedError>> {
  const found = client.core.readNamespacedConfigMap({ namespace, name });
  try {
    const { data = {} } = await ask(client, `ConfigMap ${namespace}/${name}`, found);
    return new Map(Object.entries(data).map(([id, text]) => [id, entrySchema.parse(JSON.parse(text))]));
  } catch (error) {
    if (isNotFound(error)) return new Map();
    throw error;
  }
}

/** Marks an error as resolved now, or, without an entry, as new again. */
export async function setResolved(
  client: ClusterClient,
  id: string,
  entry: ResolvedError | undefined,
): Promise<void> {
  const known = await resolvedErrors(client);
  const data: Record<string, string | null> = {
    ...Object.fromEntries(oldest(known).map((old) => [old, null])),
    [id]: entry === undefined ? null : JSON.stringify(entry),
  };
  const merge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
  const what = `ConfigMap ${namespace}/${name}`;
  try {
    await ask(client, what, client.core.patchNamespacedConfigMap({ namespace, name, body: { data } }, merge));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    if (entry === undefined) return;
    const body = { metadata: { name }, data: { [id]: JSON.stringify(entry) } };
    await ask(client, what, client.core.createNamespacedConfigMap({ namespace, body }));
  }
}

/** Entries that have to go, so that one more has room. */
function oldest(known: ReadonlyMap<string, ResolvedError>): string[] {
  return [...known]
    .sort(([, a], [, b]) => Date.parse(a.at) - Date.parse(b.at))
    .slice(0, Math.max(0, known.size + 1 - mostEntries))
    .map(([id]) => id);
}
