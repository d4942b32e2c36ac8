import { z } from 'zod';
import { duration } from '../duration.ts';
import { dnsLabel } from '../kubernetes-names.ts';

/** Validity of certificates, and the time before its end at which they are renewed. */
const validity = (defaults: { duration: string; renewBefore: string }) =>
  z
    .strictObject({
      duration: duration.default(defaults.duration).describe('Validity of a certificate.'),
      renewBefore: duration
        .default(defaults.renewBefore)
        .describe('Time before the end of the validity at which it is renewed.'),
    })
    .prefault({});

const generation = z.number().int().min(1).max(999);

/** Certificates of services and their authorities. */
export const identity = z.strictObject({
  authorities: z
    .enum(['self-signed', 'intermediate'])
    .default('self-signed')
    .describe(
      '`self-signed`: each service has its own root CA. `intermediate`: the CA of each service is signed by one root of the environment.',
    ),
  roots: z
    .record(
      dnsLabel,
      z.strictObject({
        trusted: z.array(generation).min(1).describe('Generations of the CA that both sides trust.'),
        issuing: generation.describe('Generation of the CA that issues; one of the trusted ones.'),
      }),
    )
    .default({})
    .describe(
      'Generations of the CA of each authority, by its name (`orders`, `orders-db`). Default: generation 1. To rotate a CA: trust [1, 2], then issue with 2, then trust [2]; `npm run certs` does it.',
    ),
  certificates: validity({ duration: '90d', renewBefore: '30d' }).describe(
    'Certificates of services and their clients; cert-manager issues for at least an hour.',
  ),
  ca: validity({ duration: '3650d', renewBefore: '730d' }).describe(
    'Certificates of the authorities; renewed with the same key.',
  ),
});
