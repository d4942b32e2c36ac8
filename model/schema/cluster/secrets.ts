import { z } from 'zod';
import { duration, inSeconds } from '../duration.ts';
import { ageRecipient } from '../encrypted-secret.ts';
import { externalNetworks } from '../external.ts';
import { pemCertificates } from '../gateway.ts';
import { dnsLabel } from '../kubernetes-names.ts';
import { webAddress } from '../web-address.ts';
import { awsRegion } from './provider.ts';

/** A part of a path such as `team/shop`: OpenBao and Amazon accept its characters, and so does a policy of either. */
const segments = /^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/;

const prefix = z
  .string()
  .max(100, 'at most 100 characters')
  .regex(segments, "a path such as 'team/shop', without '/' at its ends")
  .optional()
  .describe('First part of the path of every secret, PREFIX/ENV/APP/NAME. Default: none, ENV/APP/NAME.');

const refresh = duration
  .refine(
    (text) => !/^\d+[smhdw]$/.test(text) || inSeconds(text) >= 60,
    'at least 1m: each read is a request',
  )
  .default('1h')
  .describe('Time after which a changed value is in the cluster at the latest.');

/** A store of secrets outside of the cluster, which external-secrets reads. */
const externalStore = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z
      .literal('aws')
      .describe('AWS Secrets Manager. Each app reads its own secrets by a role that the stacks create.'),
    region: awsRegion,
    prefix,
    refresh,
  }),
  z.strictObject({
    kind: z
      .literal('openbao')
      .describe('OpenBao, or Vault: an engine of the type KV, version 2. Each app logs in by its namespace.'),
    server: webAddress({ example: 'https://bao.example.org:8200', path: false }).describe(
      'Address of the server; its certificate must have the host name.',
    ),
    networks: externalNetworks,
    authority: pemCertificates('external-secrets')
      .optional()
      .describe('PEM certificates of the CA of the server. Default: public authorities.'),
    mount: z
      .string()
      .regex(segments, "the path of an engine such as 'secret'")
      .default('secret')
      .describe('Path of the KV engine.'),
    login: z
      .string()
      .regex(segments, "the path of a login such as 'kubernetes'")
      .default('kubernetes')
      .describe('Path of the login by Kubernetes for this cluster.'),
    role: dnsLabel.describe('Role of that login, the same for all apps: docs/secrets.md.'),
    prefix,
    refresh,
  }),
]);

export type ExternalStore = z.infer<typeof externalStore>;

/** The secrets of apps: their values are in Git, encrypted, or in a store outside of the cluster. */
export const secrets = z.strictObject({
  recipients: z
    .record(dnsLabel, ageRecipient)
    .default({})
    .describe(
      'Public age keys that can decrypt the secrets of this environment, by name. Flux decrypts with `cluster`; written by npm run secrets.',
    ),
  external: externalStore
    .optional()
    .describe(
      'Store of the secrets of this environment, instead of Git; then there are no `recipients`. Default: the values are in Git, encrypted.',
    ),
});
