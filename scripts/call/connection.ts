import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ChannelCredentials, Client, ClientOptions } from '@grpc/grpc-js';
import { clientCredentials, clientOptions } from '../../apps/kit/client.ts';
import { IdentityFolder } from '../../apps/kit/identity.ts';
import { stateDir } from '../../images/cache/paths.ts';
import { Failure } from '../cli/failure.ts';
import { readCluster } from '../repository/read-cluster.ts';

/** Options for the service and the caller's identity. */
export interface CallOptions {
  env: string;
  /** `HOST:PORT`. Default: a pod of the app, through the API server. */
  address?: string;
  /** Folder with tls.crt, tls.key and roots.pem. Default: the folder of `npm run certs -- issue`. */
  identity?: string;
}

/** A connection to a service, with the user's own certificate. */
export interface Connection {
  host: string;
  port: number;
  /** Name in the service's certificate. */
  name: string;
  identity: IdentityFolder;
  close(): void;
}

/** Folder of a person's certificate for an app of a cluster. */
export function identityFolder(cluster: string, app: string): string {
  return join(stateDir(), cluster, 'identity', app);
}

export async function openConnection(app: string, options: CallOptions): Promise<Connection> {
  const cluster = readCluster(options.env);
  const folder = options.identity ?? identityFolder(cluster.name, app);
  if (!existsSync(join(folder, 'tls.crt'))) {
    throw new Failure(
      `you have no certificate for ${app}: ${folder}/tls.crt does not exist.`,
      `Get one: npm run certs -- issue me --for ${app}${options.env === 'dev' ? '' : ` --env ${options.env}`}`,
    );
  }
  const identity = new IdentityFolder(folder);
  if (identity.current.expires.getTime() < Date.now()) {
    identity.close();
    throw new Failure(
      `your certificate for ${app} expired at ${identity.current.expires.toISOString()}.`,
      `Get a new one: npm run certs -- issue me --for ${app}`,
    );
  }
  const name = `${app}.${app}.svc.cluster.local`;
  if (options.address !== undefined) {
    const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(options.address) ?? [];
    if (host === '') {
      throw new Failure(
        `'${options.address}' is not an address.`,
        'Write it as HOST:PORT, such as localhost:8443.',
      );
    }
    return { host, port: Number(port), name, identity, close: () => identity.close() };
  }
  // Imported dynamically: the Kubernetes client is slow to load.
  const { forwardToPod } = await import('./port-forward.ts');
  const forward = await forwardToPod(cluster.name, app, 8443);
  return {
    ...{ host: '127.0.0.1', port: forward.port, name, identity },
    close: () => {
      identity.close();
      forward.close();
    },
  };
}

/** A client generated from a contract. */
export type ClientType<C extends Client> = new (
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions,
) => C;

/** A generated client over a connection. */
export function clientOf<C extends Client>(
  Type: ClientType<C>,
  { host, port, name, identity }: Connection,
): C {
  return new Type(`${host}:${port}`, clientCredentials(identity), {
    ...clientOptions,
    'grpc.service_config': '{}',
    'grpc.ssl_target_name_override': name,
    'grpc.default_authority': name,
  });
}
