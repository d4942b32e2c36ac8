import { X509Certificate } from 'node:crypto';

/** Every certificate in a PEM text; throws on invalid ones. */
export function certificatesIn(text: string): X509Certificate[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  return blocks.map((block) => new X509Certificate(block));
}

/** Id of a CA certificate in a cluster: the first 16 digits of its SHA-256, as trust-roots writes them. */
export function rootId(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').slice(0, 16).toLowerCase();
}

/** A serial number in comparable form: capitals, without leading zeros. */
export function serialOf(certificate: { serialNumber: string }): string {
  return certificate.serialNumber.toUpperCase().replace(/^0+(?=.)/, '');
}
