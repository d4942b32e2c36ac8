import { z } from 'zod';
import { decryptionKeys } from '../../charts/kube/names.ts';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';
import { type AgeKey, recipientOf } from '../secrets/age.ts';
import {
  clusterIdentities,
  clusterKeyFile,
  ensureClusterKey,
  identitiesOf,
  writeClusterKeys,
} from '../secrets/key-files.ts';

const namespace = 'flux-system';

/** Runs kubectl as administrator. Keys go through `input`, never through arguments. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** Whether an app of the environment has a secret. */
function hasSecrets({ apps }: Environment): boolean {
  return apps.some(({ secrets }) => secrets.length > 0);
}

const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * Adds the private keys for the secrets to a cluster, and the cluster's keys to the copy on this machine.
 * Keys are never removed or replaced. Returns whether the first key was created.
 */
export async function ensureDecryptionKey(
  environment: Environment,
  kubectl: Kubectl,
): Promise<{ made: boolean; changed: boolean }> {
  const { name } = environment.cluster;
  const there = await keysInCluster(kubectl);
  const kept = clusterIdentities(name);
  const own = there.length === 0 && kept.length === 0 ? await ensureClusterKey(name) : undefined;
  const all = [...new Set([...(own?.identities ?? kept), ...there])];
  await refuseUseless(environment, all);
  // The copy comes first: a key that exists only in the cluster would be lost with it.
  if (own === undefined && all.length > kept.length) await writeClusterKeys(name, all);
  const changed = all.length > there.length;
  if (changed) await applyKeys(kubectl, all);
  return { made: own?.made === true, changed };
}

async function keysInCluster(kubectl: Kubectl): Promise<AgeKey[]> {
  const text = await kubectl([
    'get',
    'secret',
    decryptionKeys,
    '-n',
    namespace,
    '--ignore-not-found',
    '-o',
    'json',
  ]);
  if (text.trim() === '') return [];
  const { data } = secretSchema.parse(JSON.parse(text));
  return Object.entries(data)
    .filter(([entry]) => entry.endsWith('.agekey'))
    .flatMap(([, value]) => identitiesOf(Buffer.from(value, 'base64').toString('utf8')));
}

/**
 * One entry per key, named by its public half: kustomize-controller reads every entry that ends with .agekey.
 */
async function applyKeys(kubectl: Kubectl, identities: readonly AgeKey[]): Promise<void> {
  const entries = await Promise.all(
    identities.map(async (identity) => [`${await recipientOf(identity)}.agekey`, `${identity}\n`] as const),
  );
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: decryptionKeys, namespace },
    stringData: Object.fromEntries(entries),
  };
  await kubectl(
    ['apply', '--server-side', '--force-conflicts', '--field-manager=plinth-secrets', '-f', '-'],
    JSON.stringify(secret),
  );
}

/** Fails before a wait: if the cluster can read no secret, apps with secrets cannot start. */
async function refuseUseless(environment: Environment, identities: readonly AgeKey[]): Promise<void> {
  if (!hasSecrets(environment)) return;
  const { name, cluster } = environment;
  const own = await Promise.all(identities.map(recipientOf));
  const readers = Object.values(cluster.secrets.recipients);
  if (own.some((recipient) => readers.includes(recipient))) return;
  const file = clusterKeyFile(cluster.name);
  throw new Failure(
    `the secrets of ${name} are encrypted for ${Object.keys(cluster.secrets.recipients).join(', ')}, and this cluster has none of these keys.`,
    `Restore the copy of the cluster's key in ${file} (chmod 600), or ask a recipient to type: npm run secrets -- adopt ${cluster.name}-here ${own[0]} --env ${name}`,
  );
}
