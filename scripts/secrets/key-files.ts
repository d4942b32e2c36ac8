import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { Failure } from '../cli/failure.ts';
import { type AgeKey, newIdentity, recipientOf } from './age.ts';

/**
 * Where the private key of a cluster is kept on this machine: outside of every repository, and of what init-cluster --down
 * and --purge remove. `PLINTH_KEYS` names another folder.
 */
export function clusterKeyFile(cluster: string): string {
  const data = process.env.XDG_DATA_HOME;
  const base = data && isAbsolute(data) ? data : join(homedir(), '.local', 'share');
  return join(process.env.PLINTH_KEYS ?? join(base, 'plinth', 'keys'), `${cluster}.agekey`);
}

/** Private keys in a file as age-keygen writes it, the first of which is the newest; none where the file does not exist. */
export function identitiesIn(file: string): AgeKey[] {
  if (!existsSync(file)) return [];
  return identitiesOf(readFileSync(file, 'utf8'));
}

/** The private keys of a cluster that this machine has; a file that others can read is refused. */
export function clusterIdentities(cluster: string): AgeKey[] {
  const file = clusterKeyFile(cluster);
  if (!existsSync(file)) return [];
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure(`${file} holds private keys and can be read by others.`, `Type: chmod 600 '${file}'`);
  }
  return identitiesIn(file);
}

/** Those in a text. */
export function identitiesOf(text: string): AgeKey[] {
  return [...text.matchAll(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]+$/gm)].map(([identity]) => identity);
}

/** The same as a text, with the public half of each. */
export async function textOf(identities: readonly AgeKey[]): Promise<string> {
  const lines = await Promise.all(
    identities.map(async (identity) => `# public key: ${await recipientOf(identity)}\n${identity}\n`),
  );
  return lines.join('');
}

/** Every private key that this machine has: the cluster's, and a person's own where SOPS looks for them too. */
export function ownIdentities(cluster: string): AgeKey[] {
  const { SOPS_AGE_KEY, SOPS_AGE_KEY_FILE } = process.env;
  const all = [
    ...clusterIdentities(cluster),
    ...identitiesOf(SOPS_AGE_KEY ?? ''),
    ...identitiesIn(SOPS_AGE_KEY_FILE ?? sopsKeyFile()),
  ];
  return [...new Set(all)];
}

/** Where SOPS itself looks for a person's keys (getsops/sops, age/keysource.go). */
export function sopsKeyFile(): string {
  const config = process.env.XDG_CONFIG_HOME;
  if (config) return join(config, 'sops', 'age', 'keys.txt');
  const fallback = process.platform === 'darwin' ? join('Library', 'Application Support') : '.config';
  return join(homedir(), fallback, 'sops', 'age', 'keys.txt');
}

/** The private keys of a cluster that this machine has; a first one is made where there is none. */
export async function ensureClusterKey(cluster: string): Promise<{ identities: AgeKey[]; made: boolean }> {
  const file = clusterKeyFile(cluster);
  const there = clusterIdentities(cluster);
  if (there.length > 0) return { identities: there, made: false };
  if (existsSync(file)) {
    throw new Failure(
      `${file} holds no private key of age.`,
      'Put the copy that you kept in its place, or move the file away: a new key is made then.',
    );
  }
  const identities = [await newIdentity()];
  await writeClusterKeys(cluster, identities);
  return { identities, made: true };
}

/** Writes the keys of a cluster, readable by nobody else; in place at once or not at all. Whoever calls it keeps the old ones among them. */
export async function writeClusterKeys(cluster: string, identities: readonly AgeKey[]): Promise<void> {
  const file = clusterKeyFile(cluster);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    await handle.writeFile(await textOf(identities));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await chmod(draft, 0o600);
  await rename(draft, file);
}

/** What is said of a key once, when it was made. */
export function keepThis(cluster: string): string {
  return `The private key by which Flux reads the secrets of ${cluster} is in ${clusterKeyFile(cluster)}. Keep a copy of it elsewhere, such as in a password manager: it is nowhere in Git, and without it a cluster that is made anew reads no secret.`;
}
