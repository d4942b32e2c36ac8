import { z } from 'zod';
import { duration } from '../duration.ts';
import { bytes } from '../resources.ts';
import { signingPublicKey } from '../signing-key.ts';

/** The registry in the cluster for the team's own images. */
export const registry = z.strictObject({
  overlay: z
    .enum(['http', 'tls'])
    .describe(
      '`http`: plain HTTP in the network of the cluster, for development. `tls`: HTTPS with a certificate of its own CA; nodes read by their certificates, people push by logins.',
    ),
  storage: bytes.default('10Gi').describe('Size of the volume for images, in bytes.'),
  keep: duration
    .default('30d')
    .describe(
      'With the overlay `tls`: time after which the nightly clean-up drops images that no manifest names and no roll-back can reach.',
    ),
  signedBy: z
    .array(signingPublicKey)
    .default([])
    .describe(
      'Public keys (ECDSA on P-256, PEM), one of which must have signed an image: `promote` and `rollback` refuse others, and `publish` needs a private key of them. Default: none, images need no signature.',
    ),
});

/** Host of an environment's team registry in image references. */
export function teamRegistry({ domain }: { domain: string }): string {
  return `registry.${domain}`;
}
