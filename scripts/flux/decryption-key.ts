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

/** Runs kubectl with the rights of an administrator. Keys go through `input`, never through arguments. */
export type Kubectl = (args: string[], input?: string) => Promise<string>;

/** Whether an app of the environment has a secret. */
function hasSecrets({ apps }: Environment): boolean {
  return apps.some(({ secrets }) => secrets.length > 0);
}

const secretSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * Gives a cluster the private keys by which Flux decrypts its secrets, and this machine a copy of those that the cluster
 * has. Keys are added and never removed or replaced, on either side. Returns whether the first key was made.
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
  // The copy first: a key that is in the cluster alone goes with it.
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

/** An entry for each key, by its public half: kustomize-controller reads every one that ends with .agekey. */
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

/** A cluster that could read none of its secrets would bring up no app that uses one: said before it is waited for. */
async function refuseUseless(environment: Environment, identities: readonly AgeKey[]): Promise<void> {
  if (!hasSecrets(environment)) return;
  const { name, cluster } = environment;
  const own = await Promise.all(identities.map(recipientOf));
  const readers = Object.values(cluster.secrets.recipients);
  if (own.some((recipient) => readers.includes(recipient))) return;
  const file = clusterKeyFile(cluster.name);
  throw new Failure(
    `the secrets of ${name} are encrypted for ${Object.keys(cluster.secrets.recipients).join(', ')}, and this cluster has the key of none of them.`,
    `Put the kept copy of the cluster's key into ${file} (chmod 600), or ask somebody who can read them to type: npm run secrets -- adopt ${cluster.name}-here ${own[0]} --env ${name}`,
  );
}
