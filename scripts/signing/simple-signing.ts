import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { jsonText } from './json-text.ts';
import type { ProofLayer } from './proof-layers.ts';
import type { SigningKey } from './signing-key.ts';

/*
 * Signatures of cosign: a short text with the digest of the image, signed by ECDSA over its SHA-256.
 * https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md ('Simple Signing')
 */

const mediaType = 'application/vnd.dev.cosign.simplesigning.v1+json';
const annotation = 'dev.cosignproject.cosign/signature';
const type = 'cosign container image signature';

const payloadSchema = jsonText.pipe(
  z.object({
    critical: z.object({
      image: z.object({ 'docker-manifest-digest': z.string() }),
      type: z.literal(type),
    }),
  }),
);

/** The signature of an image. `reference`: the image without tag and digest, `registry.example.org/orders`. */
export function signatureLayer(reference: string, digest: string, key: SigningKey): ProofLayer {
  const content = JSON.stringify({
    critical: {
      identity: { 'docker-reference': reference },
      image: { 'docker-manifest-digest': digest },
      type,
    },
    optional: null,
  });
  const signature = sign('sha256', Buffer.from(content), key.private).toString('base64');
  return { mediaType, annotations: { [annotation]: signature }, content };
}

/** Whether it is a signature of the image with this digest, by one of the keys. */
export function isSignedBy(layer: ProofLayer, digest: string, keys: readonly KeyObject[]): boolean {
  const signature = layer.annotations[annotation];
  if (layer.mediaType !== mediaType || signature === undefined) return false;
  const [bytes, code] = [Buffer.from(layer.content), Buffer.from(signature, 'base64')];
  if (!keys.some((key) => verify('sha256', bytes, key, code))) return false;
  const payload = payloadSchema.safeParse(layer.content);
  return payload.success && payload.data.critical.image['docker-manifest-digest'] === digest;
}
