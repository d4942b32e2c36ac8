import { existsSync, readFileSync, statSync } from 'node:fs';
import { chmod, mkdir, open, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { Failure } from '../cli/failure.ts';
import { type AgeKey, newIdentity, recipientOf } from './age.ts';

/**
 * File of a cluster's private keys on this machine, outside of every repository, and not removed by
 * init-cluster --down and --purge. `PLINTH_KEYS` sets another folder.
 */
export function clusterKeyFile(cluster: string): string {
  const data = process.env.XDG_DATA_HOME;
  const base = data && isAbsolute(data) ? data : join(homedir(), '.local', 'share');
  return join(process.env.PLINTH_KEYS ?? join(base, 'plinth', 'keys'), `${cluster}.agekey`);
}

/** Private keys in a file of age-keygen, the newest first; empty if the file does not exist. */
export function identitiesIn(file: string): AgeKey[] {
  if (!existsSync(file)) return [];
  return identitiesOf(readFileSync(file, 'utf8'));
}

/** The private keys of a cluster on this machine. A file that others can read is refused. */
export function clusterIdentities(cluster: string): AgeKey[] {
  const file = clusterKeyFile(cluster);
  if (!existsSync(file)) return [];
  if ((statSync(file).mode & 0o077) !== 0) {
    throw new Failure(`${file} has private keys and can be read by others.`, `Type: chmod 600 '${file}'`);
  }
  return identitiesIn(file);
}

/** The private keys in a text. */
export function identitiesOf(text: string): AgeKey[] {
  return [...text.matchAll(/^AGE-SECRET-KEY-1[02-9AC-HJ-NP-Z]+$/gm)].map(([identity]) => identity);
}

/** Private keys as a text, each with its public half. */
export async function textOf(identities: readonly AgeKey[]): Promise<string> {
  const lines = await Promise.all(
    identities.map(async (identity) => `# public key: ${await recipientOf(identity)}\n${identity}\n`),
  );
  return lines.join('');
}

/** All private keys on this machine: the cluster's, and the user's own at the place where SOPS looks. */
export function ownIdentities(cluster: string): AgeKey[] {
  const { SOPS_AGE_KEY, SOPS_AGE_KEY_FILE } = process.env;
  const all = [
    ...clusterIdentities(cluster),
    ...identitiesOf(SOPS_AGE_KEY ?? ''),
    ...identitiesIn(SOPS_AGE_KEY_FILE ?? sopsKeyFile()),
  ];
  return [...new Set(all)];
}

/** File in which SOPS looks for a person's keys (getsops/sops, age/keysource.go). */
export function sopsKeyFile(): string {
  const config = process.env.XDG_CONFIG_HOME;
  if (config) return join(config, 'sops', 'age', 'keys.txt');
  const fallback = process.platform === 'darwin' ? join('Library', 'Application Support') : '.config';
  return join(homedir(), fallback, 'sops', 'age', 'keys.txt');
}

/** The private keys of a cluster on this machine; creates the first one if there is none. */
export async function ensureClusterKey(cluster: string): Promise<{ identities: AgeKey[]; made: boolean }> {
  const file = clusterKeyFile(cluster);
  const there = clusterIdentities(cluster);
  if (there.length > 0) return { identities: there, made: false };
  if (existsSync(file)) {
    throw new Failure(
      `${file} has no private age key.`,
      'Restore your copy of the file, or move the file away; then a new key is created.',
    );
  }
  const identities = [await newIdentity()];
  await writeClusterKeys(cluster, identities);
  return { identities, made: true };
}

/**
 * Writes the keys of a cluster atomically, readable only for this user. The caller must include the old keys.
 */
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

/** Message about a new key, shown once. */
export function keepThis(cluster: string): string {
  return `The private key with which Flux decrypts the secrets of ${cluster} is in ${clusterKeyFile(cluster)}. Keep a copy elsewhere, such as in a password manager: it is not in Git, and a new cluster cannot read secrets without it.`;
}
