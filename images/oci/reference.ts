/** Host in references to images that only this repository makes. No such host exists. */
export const ownHost = 'registry.plinth.internal';

/** The parts of `docker.io/library/debian:bookworm-slim@sha256:…`. */
export interface Reference {
  /** `docker.io` */
  host: string;
  /** `library/debian` */
  path: string;
  /** `bookworm-slim` */
  tag: string;
  /** `sha256:…`; absent in a reference without a digest. */
  digest?: string;
}

/**
 * Splits a full reference, with or without a digest.
 * @throws Error for a short reference.
 */
export function parseReference(ref: string): Reference {
  const match = /^([^/@]+)\/([^@]+):([^:/@]+)(?:@(sha256:[0-9a-f]{64}))?$/.exec(ref);
  const [, host, path, tag, digest] = match ?? [];
  if (host === undefined || path === undefined || tag === undefined) {
    throw new Error(
      `${ref} is no full reference of an image: write HOST/PATH:TAG, for instance docker.io/library/debian:bookworm-slim, ` +
        'with @sha256: and 64 hexadecimal digits behind it or without',
    );
  }
  return { host, path, tag, ...(digest === undefined ? {} : { digest }) };
}

/** A reference without its digest: the name in the lock file's `ref` and in the engine's store. */
export function withoutDigest(ref: string): string {
  return ref.replace(/@sha256:[0-9a-f]{64}$/, '');
}
