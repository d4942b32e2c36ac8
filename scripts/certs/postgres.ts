import { Writable } from 'node:stream';
import { Exec, KubeConfig, type V1Status } from '@kubernetes/client-node';
import { z } from 'zod';
import { certificatesIn, rootId, serialOf } from '../../apps/kit/pem.ts';
import { kubeconfigPath } from '../cluster/client.ts';

/** What an instance of Postgres says of itself: `loaded` and `changed` in seconds since 1970. */
const answer = z.object({
  roots: z.string(),
  loaded: z.number(),
  changed: z.number(),
  replication: z.string().nullable(),
});

/** Where CloudNativePG puts an instance's certificate as a client (its pkg/postgres, `CertificatesDir`). */
const replicationFile = '/controller/certificates/streaming_replica.crt';

/** What an instance is asked; one row with one JSON object, `said`. */
export const query = `select json_build_object(
  'roots', pg_read_file(current_setting('ssl_ca_file')),
  'loaded', extract(epoch from pg_conf_load_time()),
  'changed', extract(epoch from (pg_stat_file(current_setting('ssl_ca_file'))).modification),
  'replication', case when (pg_stat_file('${replicationFile}', true)).size > 0
    then pg_read_file('${replicationFile}') end) as said`;

/** The client CAs of an instance, and its client certificate for replication. */
export interface PostgresIdentity {
  /** Ids of the roots, sorted. */
  roots: string[];
  /** Serial number of its own certificate as a client. */
  replication?: string;
}

/** Asks an instance; throws where it has not read its file of roots again yet. */
export async function postgresIdentity(
  cluster: string,
  { namespace, pod }: { namespace: string; pod: string },
): Promise<PostgresIdentity> {
  const text = await exec(cluster, namespace, pod, ['psql', '-XAtq', '-d', 'postgres', '-c', query]);
  return readIdentity(JSON.parse(text));
}

export function readIdentity(said: unknown): PostgresIdentity {
  const { roots, loaded, changed, replication } = answer.parse(said);
  if (loaded < changed) throw new Error('its file of roots has changed, and it has not read it again yet');
  const [own] = certificatesIn(replication ?? '');
  return {
    roots: certificatesIn(roots).map(rootId).sort(),
    ...(own === undefined ? {} : { replication: serialOf(own) }),
  };
}

/** What a command in the pod's container of Postgres prints. */
async function exec(cluster: string, namespace: string, pod: string, command: string[]): Promise<string> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfigPath(cluster));
  const [out, err] = [text(), text()];
  let timer: NodeJS.Timeout | undefined;
  const status = await new Promise<V1Status>((done, fail) => {
    timer = setTimeout(() => fail(new Error('psql gave no answer within 10 s')), 10_000);
    new Exec(config)
      .exec(namespace, pod, 'postgres', command, out.stream, err.stream, null, false, done)
      .then((socket) => {
        socket.onclose = () => fail(new Error('the connection to psql ended before its answer'));
      }, fail);
  }).finally(() => clearTimeout(timer));
  if (status.status !== 'Success') {
    const [first = ''] = err.read().trim().split('\n');
    throw new Error(first || status.message || 'psql failed');
  }
  return out.read();
}

function text(): { stream: Writable; read(): string } {
  const parts: Buffer[] = [];
  return {
    stream: new Writable({
      write(part: Buffer, _encoding, done) {
        parts.push(part);
        done();
      },
    }),
    read: () => Buffer.concat(parts).toString(),
  };
}
