import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { webAddress } from './web-address.ts';

const pemBlock = /-----BEGIN CERTIFICATE-----\n[A-Za-z0-9+/=\n]+-----END CERTIFICATE-----/g;

/** One or more valid certificates in PEM (RFC 7468, section 5); `reader` names in messages the program that refuses others. */
export const pemCertificates = (reader: string) =>
  z.string().superRefine((text, context) => {
    const blocks = text.match(pemBlock) ?? [];
    if (blocks.length > 0 && blocks.every(isCertificate) && text.replaceAll(pemBlock, '').trim() === '')
      return;
    context.addIssue({
      code: 'custom',
      message: `${reader} accepts only PEM certificates`,
      params: {
        fix: 'write the certificates in full, from -----BEGIN CERTIFICATE----- on',
      },
      input: text,
    });
  });

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0;
  } catch {
    return false;
  }
}

/** Certificates of an ACME server, such as Let's Encrypt's, by the HTTP-01 challenge (RFC 8555, section 8.3). */
const acme = z.strictObject({
  server: webAddress({ example: 'https://acme-v02.api.letsencrypt.org/directory' }).describe(
    "Address of the ACME server's directory.",
  ),
  email: z
    .email("an e-mail address such as 'team@example.org'")
    .describe('E-mail address for warnings before a certificate expires.'),
  roots: pemCertificates('cert-manager')
    .optional()
    .describe(
      'PEM certificates of a private ACME server: the cluster trusts them when it calls the server, and init-cluster when it opens the front page. Default: public authorities.',
    ),
});

export type Acme = z.infer<typeof acme>;

/** Settings of the gateway of an environment. */
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
      'Certificate of the gateway. `authority`: issued by a CA of this environment; `npm run certs -- trust-browser` makes a browser trust it. `acme`: issued by a public CA. `balancer`: the load balancer of the cloud terminates TLS. Default: `balancer` with the provider `aws`, else `authority`.',
    ),
});
