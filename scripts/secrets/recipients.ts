import { ageRecipient, type EncryptedSecret } from '../../model/schema/encrypted-secret.ts';
import { dnsLabel } from '../../model/schema/kubernetes-names.ts';
import { Failure } from '../cli/failure.ts';
import { newIdentity, type Recipient, recipientOf } from './age.ts';
import { writeRecipients } from './cluster-recipients.ts';
import { clusterKeyFile, ensureClusterKey, writeClusterKeys } from './key-files.ts';
import { ensureRecipients, openSecret, openStore, type SecretStore, writeSecret } from './secret-store.ts';
import { encryptSecret, isFor, withRecipients } from './sops.ts';

type Say = (line: string) => void;
type Recipients = Readonly<Record<string, Recipient>>;

/** Name of Flux's key in cluster.yaml. */
const ofCluster = 'cluster';

/** Gives a person or another cluster access to the secrets of an environment. */
export async function adopt(
  {
    root,
    environment,
    name,
    recipient,
  }: { root: string; environment: string; name: string; recipient: string },
  say: Say,
): Promise<void> {
  refuseName(name);
  if (!ageRecipient.safeParse(recipient).success) {
    throw new Failure(
      recipient.startsWith('AGE-SECRET-KEY-')
        ? 'this is a private key: it is now in the arguments of a program and in the history of a shell.'
        : `'${recipient}' is not the public half of an age key.`,
      recipient.startsWith('AGE-SECRET-KEY-')
        ? 'Delete it and create a new one: npm run secrets -- new-key. adopt needs its public half, age1…'
        : "The public half begins with 'age1'; to create a key: npm run secrets -- new-key",
    );
  }
  const store = await openStore(root, environment);
  await ensureRecipients(store, say);
  const fresh = await openStore(root, environment);
  const known = fresh.cluster.secrets.recipients;
  if (known[name] !== undefined && known[name] !== recipient) {
    throw new Failure(
      `'${name}' has another key in clusters/${environment}/cluster.yaml.`,
      `Remove that one first: npm run secrets -- dismiss ${name} --env ${environment}`,
    );
  }
  await encryptFor(fresh, { ...known, [name]: recipient }, say);
}

/**
 * Removes a recipient, who may know all values that the key could decrypt: each must be changed at its
 * provider.
 */
export async function dismiss(
  { root, environment, name }: { root: string; environment: string; name: string },
  say: Say,
): Promise<void> {
  const store = await openStore(root, environment);
  const { [name]: gone, ...left } = store.cluster.secrets.recipients;
  if (gone === undefined || name === ofCluster) {
    throw new Failure(
      name === ofCluster
        ? 'the cluster needs its own key to read secrets.'
        : `'${name}' is not a recipient in clusters/${environment}/cluster.yaml.`,
      name === ofCluster
        ? `To replace it: npm run secrets -- rotate-key --env ${environment}`
        : `The recipients: ${Object.keys(store.cluster.secrets.recipients).join(', ') || 'none'}`,
    );
  }
  await encryptFor(store, left, say);
  for (const { app, name: secret, value } of store.secrets)
    say(
      `${name} could read ${secret} of ${app}: change ${Object.keys(value.data).join(', ')} at the provider.`,
    );
}

/** Encrypts the secrets of an environment for exactly the recipients of cluster.yaml. */
export async function updateKeys(
  { root, environment }: { root: string; environment: string },
  say: Say,
): Promise<void> {
  const store = await openStore(root, environment);
  await ensureRecipients(store, say);
  const { secrets } = (await openStore(root, environment)).cluster;
  const written = await reencrypt(store, Object.values(secrets.recipients));
  if (written === 0) say('Every secret is encrypted for exactly these recipients.');
  else say(`${count(written)} written.`);
}

/**
 * Creates a new private key for the cluster, and a new data key for every secret. The old private key stays
 * on this machine and in the cluster, so that earlier commits can be decrypted and Flux never stops.
 */
export async function rotateKey(
  { root, environment }: { root: string; environment: string },
  say: Say,
): Promise<void> {
  const store = await openStore(root, environment);
  const { identities } = await ensureClusterKey(store.cluster.name);
  // Fails before a new key is created if a secret cannot be decrypted.
  const opened = await Promise.all(store.secrets.map((secret) => openSecret(store, secret)));
  const identity = await newIdentity();
  await writeClusterKeys(store.cluster.name, [identity, ...identities]);
  const recipients = { ...store.cluster.secrets.recipients, [ofCluster]: await recipientOf(identity) };
  for (const [i, { source, value }] of store.secrets.entries()) {
    const values = opened[i]?.values ?? new Map();
    writeSecret(root, source.file, await encryptSecret(value.metadata, values, Object.values(recipients)));
  }
  await writeRecipients(root, environment, recipients);
  say(
    `${count(store.secrets.length)} encrypted again. The new private key is the first one in ${clusterKeyFile(store.cluster.name)}: renew your copy.`,
  );
  const bring =
    store.cluster.provider.kind === 'kind'
      ? `npm run deploy -- --env ${environment}, which adds it before the manifests`
      : `npm run hand-over -- ${environment} --kubeconfig FILE`;
  say(
    `Before you push, add the key to the cluster with ${bring}. Until then Flux could not decrypt the pushed secrets.`,
  );
}

async function encryptFor(store: SecretStore, recipients: Recipients, say: Say): Promise<void> {
  const { root, environment } = store;
  // Secrets are written first: after an interruption, the render names the next command.
  const written = await reencrypt(store, Object.values(recipients));
  await writeRecipients(root, environment, recipients);
  say(
    `clusters/${environment}/cluster.yaml: ${Object.keys(recipients).join(', ')} can read the secrets of ${environment}; ${count(written)} written.`,
  );
}

/** Returns the number of written secrets. All are decrypted before the first is written. */
async function reencrypt(store: SecretStore, recipients: readonly Recipient[]): Promise<number> {
  const stale = store.secrets.filter(({ value }) => !isFor(value, recipients) || !isSorted(value));
  const opened = await Promise.all(stale.map((secret) => openSecret(store, secret)));
  for (const [i, { source, value }] of stale.entries()) {
    const own = opened[i];
    if (own !== undefined) writeSecret(store.root, source.file, await withRecipients(value, own, recipients));
  }
  return stale.length;
}

function isSorted({ data }: EncryptedSecret): boolean {
  const keys = Object.keys(data);
  return keys.every((key, i) => i === 0 || (keys[i - 1] ?? '') < key);
}

function refuseName(name: string): void {
  const checked = dnsLabel.safeParse(name);
  if (checked.success && name !== ofCluster) return;
  throw new Failure(
    name === ofCluster
      ? `'${ofCluster}' is reserved for the cluster's own key.`
      : `'${name}' is not a valid name of a recipient.`,
    "Use a-z, 0-9 and '-', for example the person's name.",
  );
}

function count(secrets: number): string {
  return secrets === 1 ? '1 secret' : `${secrets} secrets`;
}
