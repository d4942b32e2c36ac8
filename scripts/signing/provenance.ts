import { type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { jsonText } from './json-text.ts';
import type { ProofLayer } from './proof-layers.ts';
import type { SigningKey } from './signing-key.ts';

/*
 * Where an image comes from: a statement of in-toto with the predicate of SLSA, signed in an envelope (DSSE).
 * https://slsa.dev/spec/v1.0/provenance, https://github.com/in-toto/attestation/tree/main/spec/v1,
 * https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */

const mediaType = 'application/vnd.dsse.envelope.v1+json';
const payloadType = 'application/vnd.in-toto+json';
const predicateType = 'https://slsa.dev/provenance/v1';
const statementType = 'https://in-toto.io/Statement/v1';
const buildType = 'https://plinth.io/provenance/dockerfile/v1';

/** What is known of the build of an image. */
export interface ImageOrigin {
  /** The image without tag and digest: `registry.example.org/orders`. */
  reference: string;
  digest: string;
  /** Commit that it was built from. */
  commit: string;
  /** Address of the repository of the sources, without a login; undefined where it has none. */
  repository: string | undefined;
  /** Path of the Dockerfile from the root of the repository, and the SHA-256 of its text in hexadecimal digits. */
  dockerfile: { path: string; sha256: string };
  /** Values of the ARGs of the Dockerfile. */
  buildArgs: Readonly<Record<string, string>>;
  /** Hash of all files of the build, which is its tag. */
  inputs: string;
  /** URI of what built it. */
  builder: string;
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
    predicateType: z.literal(predicateType),
  }),
);

/** The signed provenance of an image. */
export function provenanceLayer(origin: ImageOrigin, key: SigningKey): ProofLayer {
  const payload = Buffer.from(JSON.stringify(statementOf(origin)));
  const signature = sign('sha256', encoded(payload), key.private).toString('base64');
  const envelope = {
    payloadType,
    payload: payload.toString('base64'),
    signatures: [{ keyid: '', sig: signature }],
  };
  const annotations = { 'dev.cosignproject.cosign/signature': '', predicateType };
  return { mediaType, annotations, content: JSON.stringify(envelope) };
}

/** Whether it is a provenance of the image with this digest, signed by one of the keys. */
export function isProvenanceBy(layer: ProofLayer, digest: string, keys: readonly KeyObject[]): boolean {
  if (layer.mediaType !== mediaType) return false;
  const envelope = envelopeSchema.safeParse(layer.content);
  if (!envelope.success) return false;
  const payload = Buffer.from(envelope.data.payload, 'base64');
  const codes = envelope.data.signatures.map(({ sig }) => Buffer.from(sig, 'base64'));
  if (!codes.some((code) => keys.some((key) => verify('sha256', encoded(payload), key, code)))) return false;
  const statement = statementSchema.safeParse(payload.toString());
  const hex = digest.replace('sha256:', '');
  return statement.success && statement.data.subject.some((subject) => subject.digest.sha256 === hex);
}

function statementOf({ reference, digest, commit, repository, dockerfile, ...rest }: ImageOrigin): object {
  const source = {
    ...(repository === undefined ? { name: 'sources' } : { uri: `git+${repository}` }),
    digest: { gitCommit: commit },
  };
  return {
    _type: statementType,
    subject: [{ name: reference, digest: { sha256: digest.replace('sha256:', '') } }],
    predicateType,
    predicate: {
      buildDefinition: {
        buildType,
        externalParameters: { source, dockerfile: dockerfile.path, buildArgs: rest.buildArgs },
        internalParameters: { inputs: rest.inputs },
        resolvedDependencies: [source, { name: dockerfile.path, digest: { sha256: dockerfile.sha256 } }],
      },
      runDetails: { builder: { id: rest.builder } },
    },
  };
}

/** The bytes that a signature of an envelope covers (DSSE, 'Pre-Authentication Encoding'). */
function encoded(payload: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `),
    payload,
  ]);
}
