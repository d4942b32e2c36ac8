import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Environment } from '../../model/graph.ts';
import { Failure } from '../cli/failure.ts';
import type { Kubectl } from '../flux/decryption-key.ts';

const namespace = 'flux-system';

/** Files of this machine for the Secret with which Flux reads a repository by SSH. */
export interface DeployKeyFiles {
  /** Private key, without a passphrase. Default: `PLINTH_DEPLOY_KEY`. */
  key?: string | undefined;
  /** Known hosts, as ssh keeps them. Default: `PLINTH_KNOWN_HOSTS`, otherwise `~/.ssh/known_hosts`. */
  knownHosts?: string | undefined;
}

/**
 * Creates the Secret of `source.secret` for a repository by SSH, if the cluster does not have it: the deploy key, and the host keys that
 * this machine knows (fluxcd/source-controller, GitRepository, 'SSH authentication'). An existing Secret is never changed. Returns whether
 * it was created.
 * @throws Failure if the key or the host key is missing, or the key has a passphrase.
 */
export async function ensureDeployKey(
  { name: environment, cluster: { source } }: Pick<Environment, 'name' | 'cluster'>,
  files: DeployKeyFiles,
  kubectl: Kubectl,
): Promise<boolean> {
  if (source.kind !== 'git' || source.secret === undefined || !source.url.startsWith('ssh:')) return false;
  const { secret, url } = source;
  const found = await kubectl(['get', 'secret', secret, '-n', namespace, '--ignore-not-found', '-o', 'name']);
  if (found.trim() !== '') return false;
  const file = files.key ?? process.env.PLINTH_DEPLOY_KEY;
  if (file === undefined) {
    throw new Failure(
      `Flux cannot read ${url}: the cluster has no Secret ${namespace}/${secret}, and no key was given.`,
      `Make a key: ssh-keygen -t ed25519 -N '' -f deploy-key. Add deploy-key.pub to the repository as a deploy key that only reads. Then type: PLINTH_DEPLOY_KEY=deploy-key npm run hand-over -- ${environment} --kubeconfig FILE (or npm run pulumi -- up -s ${environment})`,
    );
  }
  const identity = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new Failure(`${file}: ${cause.message}`, 'Give the path of the private key.', { cause });
  });
  const known = await knownHosts(url, files);
  const stringData = { identity, 'identity.pub': await publicHalf(file), known_hosts: known };
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name: secret, namespace }, stringData };
  await kubectl(
    ['apply', '--server-side', '--field-manager=plinth-hand-over', '-f', '-'],
    JSON.stringify(object),
  );
  return true;
}

async function publicHalf(file: string): Promise<string> {
  const { failed, stdout, stderr } = await execa('ssh-keygen', ['-y', '-P', '', '-f', file], {
    reject: false,
  });
  if (!failed) return `${stdout}\n`;
  throw new Failure(
    `${file} is no private key that Flux can use: ${stderr.trim().split('\n').at(-1)}`,
    "A deploy key has no passphrase, and only its owner can read the file (chmod 600). Make one: ssh-keygen -t ed25519 -N '' -f deploy-key",
  );
}

/** The host keys of the repository's server, from a file that ssh keeps: a person compared them when they were added. */
async function knownHosts(url: string, files: DeployKeyFiles): Promise<string> {
  const { hostname, port, username } = new URL(url);
  const file = files.knownHosts ?? process.env.PLINTH_KNOWN_HOSTS ?? join(homedir(), '.ssh', 'known_hosts');
  const host = port === '' ? hostname : `[${hostname}]:${port}`;
  const { stdout = '' } = await execa('ssh-keygen', ['-F', host, '-f', file], { reject: false });
  const lines = stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length > 0) return `${lines.join('\n')}\n`;
  throw new Failure(
    `${file} has no key of ${host}, so that Flux could not tell it from another server.`,
    `Log in once, and compare the fingerprint that ssh shows with the one that the server's owner publishes: ssh -p ${port || 22} ${username || 'git'}@${hostname}`,
  );
}
