import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stateDir } from '../../images/cache/paths.ts';
import { gatewayTls, urlOf } from '../../model/gateway.ts';
import type { Environment } from '../../model/graph.ts';
import { registryName } from '../../model/registry.ts';
import { Failure } from '../cli/failure.ts';
import { authorityRoots, gatewayRoots } from '../cluster/authority-roots.ts';
import { clusterClient } from '../cluster/client.ts';
import { hostOf } from './logins.ts';

/**
 * Writes the roots by which this machine verifies the registry, at the gateway and at its own port, and prints the lines by
 * which docker, podman and this repository's commands trust them, for that host alone. Returns the exit code.
 */
export async function trustRegistry(env: Environment): Promise<number> {
  const { cluster, name } = env;
  const host = hostOf(env);
  const client = clusterClient(cluster.name);
  const own = await authorityRoots(client, registryName);
  const isOwn = gatewayTls(cluster) === 'authority';
  const roots = [...own, ...(isOwn ? await gatewayRoots(client) : [])];
  if (own.length === 0) {
    throw new Failure(
      `the root of the registry of ${name} is not made yet.`,
      `When npm run status says that all is Ready: npm run registry -- trust --env ${name}`,
    );
  }
  const folder = join(stateDir(), cluster.name, registryName);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'roots.pem');
  await writeFile(file, roots.map((pem) => `${pem.trimEnd()}\n`).join(''));
  const outside = new URL(urlOf(cluster, host)).host;
  const hosts = [
    ...(isOwn ? [outside] : []),
    ...(cluster.provider.kind === 'kind' ? [`${host}:${cluster.provider.ports.registry}`] : []),
  ];
  const lines = [
    `Roots of the registry of ${name}: ${file}`,
    ...(isOwn ? [] : [`At https://${outside} the certificate is a public one: nothing is to do for it.`]),
    ...hosts.flatMap((each) => [
      '',
      `docker, for ${each}:  sudo install -D -m 0644 ${file} /etc/docker/certs.d/${each}/ca.crt`,
      `podman, for ${each}:  sudo install -D -m 0644 ${file} /etc/containers/certs.d/${each}/ca.crt`,
    ]),
    ...(isOwn ? ['', `npm run publish:  export NODE_EXTRA_CA_CERTS=${file}`] : []),
    '',
  ];
  process.stdout.write(lines.join('\n'));
  return 0;
}
