import { createPublicKey } from 'node:crypto';
import { z } from 'zod';

/** The public half of a key that signs images: ECDSA on P-256, as PEM (SubjectPublicKeyInfo, RFC 7468). */
export const signingPublicKey = z.string().superRefine((text, context) => {
  const fault = faultOf(text);
  if (fault === undefined) return;
  context.addIssue({
    code: 'custom',
    message: fault,
    params: {
      fix: 'write the text of openssl ec -in signing.key -pubout, with its first and last line',
      ...(isPrivate(text) ? { secret: true, what: 'is a private key' } : {}),
    },
    input: text,
  });
});

function isPrivate(text: string): boolean {
  return text.includes('PRIVATE KEY');
}

function faultOf(text: string): string | undefined {
  // Node makes a public key out of a private one too.
  if (isPrivate(text)) return 'it would be in Git and in the cluster';
  if (!/^-----BEGIN PUBLIC KEY-----\n[\s\S]+-----END PUBLIC KEY-----\s*$/.test(text))
    return 'expected a public key in PEM, which begins with -----BEGIN PUBLIC KEY-----';
  try {
    const { asymmetricKeyType: type, asymmetricKeyDetails: details } = createPublicKey(text);
    if (type === 'ec' && details?.namedCurve === 'prime256v1') return undefined;
    return `a key of the kind ${type} ${details?.namedCurve ?? ''}`
      .trimEnd()
      .concat('; images are signed by ECDSA on P-256');
  } catch {
    return 'the text between the first and the last line is no public key';
  }
}
