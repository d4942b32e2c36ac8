import { createHash, randomBytes } from 'node:crypto';

/** A secret of 256 random bits, which is shown once; the database has its hash. */
export interface NewSecret {
  text: string;
  hash: Buffer;
  /** First characters, which may be shown. */
  prefix: string;
}

/** `kind` stands in front of it: tools that search for leaked secrets know it by that. */
export function newSecret(kind: 'plinth_key' | 'plinth_invitation'): NewSecret {
  const text = `${kind}_${randomBytes(32).toString('base64url')}`;
  return { text, hash: hashOf(text), prefix: text.slice(0, kind.length + 7) };
}

/** SHA-256: what has 256 random bits is not guessed, however quick its hash is. */
export function hashOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
