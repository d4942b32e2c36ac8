import { z } from 'zod';
import { certificatesIn, rootId, serialOf } from '../../apps/kit/pem.ts';
import { type PostgresPod, psqlQuery } from '../cluster/psql.ts';

/** The report of an instance of Postgres: `loaded` and `changed` in seconds since 1970. */
const answer = z.object({
  roots: z.string(),
  loaded: z.number(),
  changed: z.number(),
  replication: z.string().nullable(),
});

/** Folder of an instance's client certificate in CloudNativePG (its pkg/postgres, `CertificatesDir`). */
const replicationFile = '/controller/certificates/streaming_replica.crt';

/** The query to an instance; one row with one JSON object, `said`. */
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
  /** Serial number of its own client certificate. */
  replication?: string;
}

/** Queries an instance. Throws if it has not reloaded its file of client CAs. */
export async function postgresIdentity(cluster: string, at: PostgresPod): Promise<PostgresIdentity> {
  return readIdentity(JSON.parse(await psqlQuery(cluster, at, 'postgres', query)));
}

export function readIdentity(said: unknown): PostgresIdentity {
  const { roots, loaded, changed, replication } = answer.parse(said);
  if (loaded < changed) throw new Error('its file of client CAs has changed, and it has not reloaded it yet');
  const [own] = certificatesIn(replication ?? '');
  return {
    roots: certificatesIn(roots).map(rootId).sort(),
    ...(own === undefined ? {} : { replication: serialOf(own) }),
  };
}
