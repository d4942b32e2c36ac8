import { randomBytes } from 'node:crypto';
import { ApiException, type V1Secret } from '@kubernetes/client-node';
import { hash } from 'bcryptjs';
import { urlOf } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';
import { registryHost, registryLogins, registryName } from '../../model/registry.ts';
import { Failure } from '../cli/failure.ts';
import { type ClusterClient, clusterClient } from '../cluster/client.ts';
import { ask, isNotFound } from '../cluster/request.ts';
import { loginName, loginsIn, withLogin, withoutLogin } from './htpasswd.ts';

/** Cost of bcrypt; 60 ms on a processor of 2024. The tokens are random, so that nobody guesses one. */
const cost = 10;

/** Makes a login or gives it a new token, and prints the token: it is stored nowhere. Returns the exit code. */
export async function addLogin(env: Environment, name: string): Promise<number> {
  const host = hostOf(env);
  const parsed = loginName.safeParse(name);
  if (!parsed.success) {
    throw new Failure(
      `'${name}' is no name of a login: ${parsed.error.issues[0]?.message}.`,
      `For example: npm run registry -- login add ci --env ${env.name}`,
    );
  }
  const token = randomBytes(24).toString('base64url');
  const hashed = await hash(token, cost);
  await change(env, (text) => withLogin(text, name, hashed));
  const at = new URL(urlOf(env.cluster, host)).host;
  process.stderr.write(
    [
      `Login '${name}' of ${env.name}. The token follows and is stored nowhere: keep it where secrets are kept.`,
      'The registry takes it within two minutes.',
      `  docker login ${at} --username ${name} --password-stdin`,
      `  or, for npm run publish: PLINTH_REGISTRY_USER=${name} and the token in PLINTH_REGISTRY_PASSWORD`,
      `  a machine that does not trust the registry yet: npm run registry -- trust --env ${env.name}`,
      '',
    ].join('\n'),
  );
  process.stdout.write(`${token}\n`);
  return 0;
}

/** Prints the names of all logins; returns the exit code. */
export async function listLogins(env: Environment): Promise<number> {
  hostOf(env);
  const { text } = await read(clusterClient(env.cluster.name));
  for (const name of loginsIn(text)) process.stdout.write(`${name}\n`);
  return 0;
}

/** Takes a login away; returns the exit code. */
export async function removeLogin(env: Environment, name: string): Promise<number> {
  hostOf(env);
  const { text } = await read(clusterClient(env.cluster.name));
  if (!loginsIn(text).includes(name)) {
    throw new Failure(
      `${env.name} has no login '${name}'.`,
      `See which there are: npm run registry -- login list --env ${env.name}`,
    );
  }
  await change(env, (before) => withoutLogin(before, name));
  process.stdout.write(`'${name}' is refused within two minutes.\n`);
  return 0;
}

/** The host of the registry from outside. @throws Failure where nobody signs in. */
export function hostOf({ name, cluster }: Environment): string {
  const host = registryHost(cluster);
  if (host !== undefined) return host;
  throw new Failure(
    `clusters/${name}/cluster.yaml says registry: { overlay: ${cluster.registry.overlay} }: it has no logins, and people push with the kubeconfig.`,
    'For logins write registry: { overlay: tls }. Or name another environment with --env.',
  );
}

/** Most tries, each after somebody else has changed the Secret in between. */
const mostTries = 5;

async function change(env: Environment, edit: (text: string) => string): Promise<void> {
  const client = clusterClient(env.cluster.name);
  for (let tries = 1; ; tries++) {
    const { secret, text } = await read(client);
    try {
      return await write(client, secret, edit(text));
    } catch (error) {
      const conflict = error instanceof ApiException && error.code === 409;
      if (!conflict || tries === mostTries) throw error;
    }
  }
}

async function read(client: ClusterClient): Promise<{ secret: V1Secret | undefined; text: string }> {
  const { secret: name, key } = registryLogins;
  try {
    const secret = await ask(
      client,
      `Secret ${registryName}/${name}`,
      client.core.readNamespacedSecret({ name, namespace: registryName }),
    );
    return { secret, text: Buffer.from(secret.data?.[key] ?? '', 'base64').toString() };
  } catch (error) {
    if (isNotFound(error)) return { secret: undefined, text: '' };
    throw error;
  }
}

/** The resource version of what was read goes along: a change of somebody else in between is refused, not lost. */
async function write(client: ClusterClient, secret: V1Secret | undefined, text: string): Promise<void> {
  const { secret: name, key } = registryLogins;
  const data = { [key]: Buffer.from(text).toString('base64') };
  if (secret === undefined) {
    const body: V1Secret = { metadata: { name, namespace: registryName }, type: 'Opaque', data };
    await client.core.createNamespacedSecret({ namespace: registryName, body });
    return;
  }
  await client.core.replaceNamespacedSecret({ name, namespace: registryName, body: { ...secret, data } });
}
