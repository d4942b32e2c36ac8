import { ageRecipient, type EncryptedSecret } from '../../model/schema/encrypted-secret.ts';
import { dnsLabel } from '../../model/schema/kubernetes-names.ts';
import { Failure } from '../cli/failure.ts';
import { newIdentity, type Recipient, recipientOf } from './age.ts';
import { writeRecipients } from './cluster-recipients.ts';
import { clusterKeyFile, ensureClusterKey, writeClusterKeys } from './key-files.ts';
import { encryptSecret, isFor, withRecipients } from './sops.ts';
import { ensureRecipients, openSecret, openStore, type SecretStore, writeSecret } from './store.ts';

type Say = (line: string) => void;
type Recipients = Readonly<Record<string, Recipient>>;

/** In cluster.yaml, the name of the key by which Flux decrypts. */
const ofCluster = 'cluster';

/** Lets a person, or a further cluster, read the secrets of an environment from now on. */
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
        ? 'this is a private key: it has been in the arguments of a program, and in the history of a shell.'
        : `'${recipient}' is not the public half of an age key.`,
      recipient.startsWith('AGE-SECRET-KEY-')
        ? 'Throw it away and make another one: npm run secrets -- new-key. What is adopted is its public half, age1…'
        : "It begins with 'age1'; a new key prints it: npm run secrets -- new-key",
    );
  }
  const store = await openStore(root, environment);
  await ensureRecipients(store, say);
  const fresh = await openStore(root, environment);
  const known = fresh.cluster.secrets.recipients;
  if (known[name] !== undefined && known[name] !== recipient) {
    throw new Failure(
      `'${name}' has another key in clusters/${environment}/cluster.yaml.`,
      `Take that one out first: npm run secrets -- dismiss ${name} --env ${environment}`,
    );
  }
  await encryptFor(fresh, { ...known, [name]: recipient }, say);
}

/** Takes somebody out. What they could read they may know: every value has to be changed where it comes from. */
export async function dismiss(
  { root, environment, name }: { root: string; environment: string; name: string },
  say: Say,
): Promise<void> {
  const store = await openStore(root, environment);
  const { [name]: gone, ...left } = store.cluster.secrets.recipients;
  if (gone === undefined || name === ofCluster) {
    throw new Failure(
      name === ofCluster
        ? 'without its own key the cluster reads no secret.'
        : `'${name}' is no recipient in clusters/${environment}/cluster.yaml.`,
      name === ofCluster
        ? `Give it another one: npm run secrets -- rotate-key --env ${environment}`
        : `There are: ${Object.keys(store.cluster.secrets.recipients).join(', ') || 'none'}`,
    );
  }
  await encryptFor(store, left, say);
  for (const { app, name: secret, value } of store.secrets)
    say(
      `${name} could read ${secret} of ${app}: change ${Object.keys(value.data).join(', ')} where they come from.`,
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
  if (written === 0) say('Every secret is encrypted for just those who are named there.');
  else say(`${count(written)} written.`);
}

/**
 * Gives the cluster a new private key, and every secret a new data key. The old private key stays where it is kept and in
 * the cluster, so that commits from before can be read and nothing stops between the two.
 */
export async function rotateKey(
  { root, environment }: { root: string; environment: string },
  say: Say,
): Promise<void> {
  const store = await openStore(root, environment);
  const { identities } = await ensureClusterKey(store.cluster.name);
  // What cannot be read cannot be encrypted anew: found out before there is another key.
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
    `${count(store.secrets.length)} encrypted anew. The new private key is the first one in ${clusterKeyFile(store.cluster.name)}: renew the copy that you keep.`,
  );
  const bring =
    store.cluster.provider.kind === 'kind'
      ? `npm run deploy -- --env ${environment}, which brings it before the manifests`
      : `npm run hand-over -- ${environment} --kubeconfig FILE`;
  say(
    `Before you push: bring the key into the cluster by ${bring}. Until then Flux could not read what you push.`,
  );
}

async function encryptFor(store: SecretStore, recipients: Recipients, say: Say): Promise<void> {
  const { root, environment } = store;
  // First the secrets: interrupted between the two, the render says what to type.
  const written = await reencrypt(store, Object.values(recipients));
  await writeRecipients(root, environment, recipients);
  say(
    `clusters/${environment}/cluster.yaml: ${Object.keys(recipients).join(', ')} can read the secrets of ${environment}; ${count(written)} written.`,
  );
}

/** How many were written. All are opened before the first is written. */
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
      ? `'${ofCluster}' is the name of the cluster's own key.`
      : `'${name}' is no name of a recipient.`,
    "Write a name of a-z, 0-9 and '-', such as that of the person.",
  );
}

function count(secrets: number): string {
  return secrets === 1 ? '1 secret' : `${secrets} secrets`;
}
