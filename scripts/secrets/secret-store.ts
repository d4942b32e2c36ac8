import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { toYaml } from '../../charts/kube/yaml.ts';
import type { App } from '../../model/app.ts';
import { compareDiagnostics } from '../../model/diagnostics/diagnostic.ts';
import { suggest } from '../../model/diagnostics/nearest.ts';
import { secretsRead } from '../../model/external.ts';
import { readRepository } from '../../model/reading/read-repository.ts';
import type { Loaded } from '../../model/reading/source.ts';
import { appNamed, type LoadedSecret, type Repository } from '../../model/repository.ts';
import type { Cluster } from '../../model/schema/cluster.ts';
import { type EncryptedSecret, secretFile } from '../../model/schema/encrypted-secret.ts';
import type { Login } from '../../model/schema/external.ts';
import { remoteKey, storeTitle } from '../../model/secret-stores.ts';
import { Failure } from '../cli/failure.ts';
import { DiagnosticsFailure } from '../render/diagnostics-failure.ts';
import type { Recipient } from './age.ts';
import { recipientOf } from './age.ts';
import { writeRecipients } from './cluster-recipients.ts';
import { listCommand, setCommand } from './external-commands.ts';
import { ensureClusterKey, keepThis, ownIdentities } from './key-files.ts';
import { decryptSecret, NoIdentity, type Opened } from './sops.ts';

/** Maximum bytes of a description (reading/read-text.ts). */
const largestFile = 256 * 1024;

/**
 * The secrets of one environment. It is read even if the graph has diagnostics, because a use is written before
 * its value.
 */
export interface SecretStore {
  root: string;
  environment: string;
  cluster: Cluster;
  repository: Repository;
  /** Secrets of this environment, sorted by app and name. */
  secrets: LoadedSecret[];
}

export async function openStore(
  root: string,
  environment: string,
  asked: Asked = { for: 'recipients' },
): Promise<SecretStore> {
  const { repository, diagnostics } = await readRepository(root);
  if (repository === undefined) throw new DiagnosticsFailure(diagnostics.sort(compareDiagnostics));
  const cluster = repository.clusters.find(({ name }) => name === environment);
  const own = diagnostics.filter(
    ({ file }) => file.startsWith(`clusters/${environment}/`) || file.includes(`/secrets/${environment}/`),
  );
  if (own.length > 0) throw new DiagnosticsFailure(own.sort(compareDiagnostics));
  if (cluster === undefined) {
    const names = repository.clusters.map(({ name }) => name);
    throw new Failure(
      `there is no environment '${environment}': clusters/${environment}/cluster.yaml does not exist.`,
      `Use one of: ${names.map((name) => `--env ${name}`).join(', ')}`,
    );
  }
  const secrets = repository.secrets.filter((secret) => secret.environment === environment);
  const store = { root, environment, cluster: cluster.value, repository, secrets };
  refuseExternal(store, asked);
  return store;
}

/** What a command is for. The secret is found by its key, if it has one. */
type Asked =
  | { for: 'recipients' | 'list' }
  | { for: 'values'; app: string; secret: string }
  | { for: 'values'; app: string; key: string };

/** The values of an external store are read and written with its own program, by people with rights there. */
function refuseExternal(store: SecretStore, asked: Asked): void {
  const { environment, cluster } = store;
  const { external } = cluster.secrets;
  if (external === undefined) return;
  const where = `the secrets of ${environment} are in ${storeTitle(external)}, not in Git`;
  if (!('app' in asked)) {
    throw asked.for === 'list'
      ? new Failure(`${where}.`, `Type: ${listCommand(external, environment)}`)
      : new Failure(`${where}, and have no recipients.`, 'Whoever may read them has rights in the store.');
  }
  const app = appOf(store, asked.app);
  const found = 'key' in asked ? useOf(store, app, asked.key) : { use: { name: asked.secret }, key: 'KEY' };
  const path = remoteKey(external, { environment, app: app.name, name: found.use.name });
  throw new Failure(`${where}.`, `Type: ${setCommand(external, path, found.key)}`);
}

/** An app that uses secrets, by its name. */
export function appOf({ repository, environment, cluster }: SecretStore, name: string): Loaded<App> {
  const app = appNamed(repository.apps, name);
  const file = `apps/${name}/app.ts`;
  if (app === undefined) {
    throw new Failure(
      repository.appNames.has(name) ? `${file} has errors.` : `there is no ${file}.`,
      repository.appNames.has(name)
        ? 'To see them: npm run render'
        : sentence(suggest(name, [...repository.appNames], `write it: npm run new -- app ${name}`)),
    );
  }
  if (!Object.hasOwn(cluster.apps, name)) {
    throw new Failure(
      `'${name}' does not run in ${environment}.`,
      `Add ${name}: under apps of clusters/${environment}/cluster.yaml, or name another environment by --env.`,
    );
  }
  return app;
}

/** The use of an app that lists a key: `KEY`, or `SECRET/KEY` if several secrets have it. */
export function useOf(
  { cluster }: Pick<SecretStore, 'cluster'>,
  { value: app }: Loaded<App>,
  given: string,
): { use: Login; key: string } {
  const [key = '', name] = given.split('/').reverse();
  const uses = secretsRead(app, cluster);
  const found = uses.filter((use) => use.keys.includes(key) && (name === undefined || use.name === name));
  const [use, second] = found;
  if (use !== undefined && second === undefined) return { use, key };
  if (use !== undefined) {
    throw new Failure(
      `several secrets of '${app.name}' have a key ${key}.`,
      `Name the secret too: ${found.map((each) => `${each.name}/${key}`).join(' or ')}`,
    );
  }
  const known = uses.flatMap((each) => each.keys);
  throw new Failure(
    `apps/${app.name}/app.ts does not use a secret with the key ${key}.`,
    sentence(
      suggest(
        key,
        known,
        `add to its uses: { kind: 'secret', name: '${name ?? app.name}', keys: ['${key}'] }, then type the same command again`,
      ),
    ),
  );
}

/** The secret in the repository; undefined if none of its keys is set. */
export function storedSecret({ secrets }: SecretStore, app: string, name: string): LoadedSecret | undefined {
  return secrets.find((secret) => secret.app === app && secret.name === name);
}

/** Decrypts a secret with a private key of this machine. */
export async function openSecret(
  { cluster, environment }: Pick<SecretStore, 'cluster' | 'environment'>,
  { source, value }: Pick<LoadedSecret, 'source' | 'value'>,
): Promise<Opened> {
  const identities = ownIdentities(cluster.name);
  try {
    return await decryptSecret(value, identities);
  } catch (error) {
    if (!(error instanceof NoIdentity)) {
      throw new Failure(
        `${source.file} cannot be decrypted: ${error instanceof Error ? error.message : String(error)}`,
        `Restore it from Git: git log -- ${source.file}`,
      );
    }
    const own = await Promise.all(identities.map(recipientOf));
    const readers = Object.entries(cluster.secrets.recipients)
      .filter(([, recipient]) => value.sops.age.some((entry) => entry.recipient === recipient))
      .map(([name]) => name);
    throw new Failure(
      `no private key on this machine can read ${source.file}: ${error.message}.`,
      `Ask a recipient (${readers.join(', ') || 'cluster.yaml lists none'}) to type: npm run secrets -- adopt YOU ${own[0] ?? 'AGE_RECIPIENT'} --env ${environment}${own.length > 0 ? '' : '. To create a key: npm run secrets -- new-key'}`,
    );
  }
}

/**
 * The recipients of an environment, the cluster's own key first; it is created if there is no recipient yet.
 */
export async function ensureRecipients(
  { root, environment, cluster }: SecretStore,
  say: (line: string) => void,
): Promise<Recipient[]> {
  const known = Object.values(cluster.secrets.recipients);
  if (known.length > 0) return known;
  const { identities, made } = await ensureClusterKey(cluster.name);
  const [identity] = identities;
  if (identity === undefined) throw new Error(`no key was created for ${cluster.name}`);
  const recipient = await recipientOf(identity);
  await writeRecipients(root, environment, { cluster: recipient });
  if (made) say(keepThis(cluster.name));
  say(`clusters/${environment}/cluster.yaml: secrets.recipients has the public half of the cluster's key.`);
  return [recipient];
}

/** Writes a secret beside its app, or removes it if it has no values. */
export function writeSecret(root: string, file: string, secret: EncryptedSecret): void {
  const place = join(root, file);
  if (Object.keys(secret.data).length === 0) {
    if (existsSync(place)) rmSync(place);
    return;
  }
  const text = toYaml(secret);
  if (Buffer.byteLength(text) > largestFile) {
    throw new Failure(
      `${file} would have ${Math.ceil(Buffer.byteLength(text) / 1024)} KiB, and the maximum is ${largestFile / 1024} KiB.`,
      'Distribute the keys over several secrets; content that is not secret belongs into a file of the image.',
    );
  }
  mkdirSync(dirname(place), { recursive: true });
  const draft = `${place}.${process.pid}~`;
  writeFileSync(draft, text);
  renameSync(draft, place);
}

/** Path of a secret of the store. */
export function fileOf({ environment }: SecretStore, app: string, name: string): string {
  return secretFile(app, environment, name);
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
