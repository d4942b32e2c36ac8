import { z } from 'zod';
import { pemCertificates } from './gateway.ts';
import { dnsName } from './kubernetes-names.ts';
import { network } from './network.ts';
import { tcpPort } from './tcp-port.ts';

/** Networks that contain the addresses of a host: a network policy cannot match host names. */
export const externalNetworks = z
  .array(network)
  .min(1, "a network such as '10.20.1.0/24'")
  .describe(
    'Networks that contain the addresses of the host, such as 10.20.1.0/24. Its port is reached there and at no other addresses.',
  );

const authority = pemCertificates('who calls it')
  .optional()
  .describe('PEM certificates of the CA of the server. Default: public authorities.');

/** Name of a PostgreSQL role that needs no quotes in a connection string. */
const role = z.string().regex(/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/, "the name of a role such as 'orders_rw'");

const externalDatabase = z.strictObject({
  host: dnsName.describe('Host name of the server; its certificate must have it.'),
  port: tcpPort.default(5432).describe('Port of the server.'),
  database: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_$-]{0,62}$/, "the name of a database such as 'orders'")
    .optional()
    .describe('Name of the database. Default: the name of the app, with _ for -.'),
  networks: externalNetworks,
  authority,
  login: z
    .enum(['password', 'certificate'])
    .default('password')
    .describe(
      'Kind of login. The secret `database-owner`, `database-rw` or `database-ro` of an app has the key PGPASSWORD, or tls.crt and tls.key.',
    ),
  roles: z
    .strictObject({
      owner: role.optional().describe('Role that owns the schema. Default: APP_owner.'),
      'read-write': role.optional().describe('Role that reads and writes rows. Default: APP_rw.'),
      'read-only': role.optional().describe('Role that reads rows. Default: APP_ro.'),
    })
    .prefault({})
    .describe('Roles of the database; they must exist there already.'),
});

const mail = z.strictObject({
  host: dnsName.describe('Host name of the SMTP server; its certificate must have it.'),
  port: tcpPort.default(587).describe('Port of the server.'),
  tls: z
    .enum(['starttls', 'implicit'])
    .default('starttls')
    .describe(
      '`starttls`: the connection becomes TLS by STARTTLS (RFC 3207). `implicit`: TLS from the first byte (RFC 8314).',
    ),
  networks: externalNetworks,
  authority,
  login: z
    .enum(['password', 'none'])
    .default('password')
    .describe(
      '`password`: login with the keys SMTP_USER and SMTP_PASSWORD of the secret `mail` of each app. `none`: no login.',
    ),
});

/** External services of an environment. */
export const external = z.strictObject({
  databases: z
    .record(z.string(), externalDatabase)
    .default({})
    .describe(
      'External PostgreSQL databases, by the app that owns the database in app.ts. CloudNativePG creates none for it here.',
    ),
  mail: mail
    .optional()
    .describe(
      'SMTP server for the `mail` edges of apps. Default: Mailpit where `signIn` has it, else none; apps with such an edge are then refused.',
    ),
});

export type ExternalDatabase = z.infer<typeof externalDatabase>;

/** A secret with which an app logs in to an external service. It is derived from cluster.yaml; app.ts does not name it. */
export interface Login {
  name: string;
  keys: string[];
  as: 'variables' | 'files' | 'pull';
}
