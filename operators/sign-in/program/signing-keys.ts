import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { noRights, type Rights } from './rights.ts';
import type { Session } from './sessions.ts';

/** A public key as verifiers find it (RFC 7517). */
export type PublicKey = JsonWebKey & { kid: string };

interface SigningKey {
  kid: string;
  secret: KeyObject;
  published: PublicKey;
}

/** So long a key signs. */
export const keyMs = 3_600_000;
/** So long a token is valid; never longer than the session. Clocks of one cluster differ by less. */
export const tokenSeconds = 60;

/** Type of the token (RFC 8725, section 3.11): no other JWT can be taken for it. */
export const tokenType = 'person+jwt';

/**
 * The keys with which this replica signs. They exist in its memory alone: in a Secret of this namespace the gateway could read
 * them. The next key is published an hour before it signs, so that a change is no moment for verifiers.
 */
export class SigningKeys {
  #issuer: string;
  #now: () => number;
  #before: SigningKey | undefined;
  #current = newKey();
  #next = newKey();
  #since: number;

  constructor(issuer: string, now: () => number = Date.now) {
    this.#issuer = issuer;
    this.#now = now;
    this.#since = now();
  }

  /** A token that tells an app who asks and with which roles, for a minute at most and not beyond the session. */
  token(
    audience: string,
    session: Session,
    { organisation, roles }: Pick<Rights, 'organisation' | 'roles'> = noRights,
  ): string {
    this.#rotate();
    const now = Math.floor(this.#now() / 1_000);
    const claims = {
      iss: this.#issuer,
      aud: audience,
      sub: session.person,
      sid: session.id,
      iat: now,
      exp: Math.min(now + tokenSeconds, Math.floor(session.expires / 1_000)),
      auth_time: Math.floor(session.authenticated / 1_000),
      acr: session.level,
      organisation,
      roles,
    };
    const { kid, secret } = this.#current;
    const signed = `${part({ alg: 'ES256', typ: tokenType, kid })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: secret, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** The key that signs, the one before it and the next. */
  published(): PublicKey[] {
    this.#rotate();
    return [this.#before, this.#current, this.#next].flatMap((key) => key?.published ?? []);
  }

  #rotate(): void {
    while (this.#now() - this.#since >= keyMs) {
      this.#since += keyMs;
      this.#before = this.#current;
      this.#current = this.#next;
      this.#next = newKey();
    }
  }
}

function newKey(): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const kid = randomBytes(12).toString('base64url');
  return {
    kid,
    secret: privateKey,
    published: { ...publicKey.export({ format: 'jwk' }), kid, alg: 'ES256', use: 'sig' },
  };
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
