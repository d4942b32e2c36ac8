import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { jsonText } from './json-text.ts';
import type { ProofLayer } from './proof-layers.ts';
import type { SigningKey } from './signing-key.ts';

/*
 * What somebody says of an image: a statement of in-toto with a predicate, signed in an envelope (DSSE).
 * https://github.com/in-toto/attestation/tree/main/spec/v1,
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */

const mediaType = 'application/vnd.dsse.envelope.v1+json';
const payloadType = 'application/vnd.in-toto+json';
const statementType = 'https://in-toto.io/Statement/v1';

/** A statement about an image, without its signature. */
export interface Attestation {
  /** The image without tag and digest: `registry.example.org/orders`. */
  reference: string;
  digest: string;
  /** Address that says what the predicate is. */
  predicateType: string;
  predicate: object;
}

const envelopeSchema = jsonText.pipe(
  z.object({
    payload: z.string(),
    payloadType: z.literal(payloadType),
    signatures: z.array(z.object({ sig: z.string() })),
  }),
);

const statementSchema = jsonText.pipe(
  z.object({
    _type: z.literal(statementType),
    subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })),
    predicateType: z.string(),
    predicate: z.unknown(),
  }),
);

/** The signed envelope of an attestation. */
export function attestationLayer(
  { reference, digest, predicateType, predicate }: Attestation,
  key: SigningKey,
): ProofLayer {
  const statement = {
    _type: statementType,
    subject: [{ name: reference, digest: { sha256: digest.replace('sha256:', '') } }],
    ...{ predicateType, predicate },
  };
  const payload = Buffer.from(JSON.stringify(statement));
  const signature = sign('sha256', encoded(payload), key.private).toString('base64');
  const envelope = {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: signature }],
  };
  const annotations = { 'dev.cosignproject.cosign/signature': '', predicateType };
  return { mediaType, annotations, content: JSON.stringify(envelope) };
}

/** The predicate of this type, if one of the keys signed it for the image with this digest; undefined otherwise. */
export function predicateBy(
  layer: ProofLayer,
  { digest, predicateType }: Pick<Attestation, 'digest' | 'predicateType'>,
  keys: readonly KeyObject[],
): unknown {
  if (layer.mediaType !== mediaType) return undefined;
  const envelope = envelopeSchema.safeParse(layer.content);
  if (!envelope.success) return undefined;
  const payload = Buffer.from(envelope.data.payload, 'base64');
  const codes = envelope.data.signatures.map(({ sig }) => Buffer.from(sig, 'base64'));
  if (!codes.some((code) => keys.some((key) => verify('sha256', encoded(payload), key, code))))
    return undefined;
  const statement = statementSchema.safeParse(payload.toString()).data;
  const hex = digest.replace('sha256:', '');
  const isOfImage = statement?.subject.some((subject) => subject.digest.sha256 === hex) === true;
  return isOfImage && statement.predicateType === predicateType ? statement.predicate : undefined;
}

/** The bytes that a signature of an envelope covers (DSSE, 'Pre-Authentication Encoding'). */
function encoded(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}
