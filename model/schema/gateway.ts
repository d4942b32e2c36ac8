import { z } from 'zod';
import { noSecret } from './git-url.ts';

/** Certificates of an ACME server, such as Let's Encrypt's, by the HTTP-01 challenge (RFC 8555, section 8.3). */
const acme = z.strictObject({
  server: z
    .url({
      protocol: /^https$/,
      error: "an https:// address such as 'https://acme-v02.api.letsencrypt.org/directory'",
    })
    .pipe(noSecret)
    .describe("Address of the ACME server's directory."),
  email: z.email('an e-mail address').describe('The server writes there before a certificate expires.'),
  roots: z
    .string()
    .regex(
      /^-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----\n/,
      'certificates in PEM',
    )
    .optional()
    .describe(
      'PEM certificates that the cluster trusts when it calls a private ACME server. Default: public authorities.',
    ),
});

export type Acme = z.infer<typeof acme>;

/** How visitors reach the applications of an environment. */
export const gatewaySchema = z.strictObject({
  tls: z
    .union([
      z.enum(['authority', 'balancer']),
      z.strictObject({
        acme: acme.describe('Certificates of an ACME server, by HTTP-01 through the gateway.'),
      }),
    ])
    .optional()
    .describe(
      "Certificate of the gateway. `authority`: from a CA of this environment; `npm run certs -- trust-browser` makes a browser trust it. `acme`: from a public CA. `balancer`: the cloud's load balancer ends TLS. Default: `balancer` where the provider is `aws`, else `authority`.",
    ),
});
