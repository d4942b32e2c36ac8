import { generateKeyPairSync, type JsonWebKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import { noRights, type Rights } from './rights.ts';
import type { Session } from './sessions.ts';

/** A published public key (RFC 7517). */
export type PublicKey = JsonWebKey & { kid: string };

interface SigningKey {
  kid: string;
  secret: KeyObject;
  published: PublicKey;
}

/** Time for which a key signs. */
export const keyMs = 3_600_000;
/** Maximum validity of a token, which is also limited by the session. Clock differences in a cluster are smaller. */
export const tokenSeconds = 60;

/** Type of the token (RFC 8725, section 3.11), so that no other JWT is accepted as one. */
export const tokenType = 'person+jwt';

/**
 * The signing keys of this replica. They exist only in memory, because the gateway could read a Secret of this namespace.
 * The next key is published an hour before it signs, so that verifiers know it in time.
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

  /** A token with the person and the roles for an app, valid for at most a minute and not beyond the session. */
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
      // RFC 8693, section 4.1.
      ...(session.actor === undefined ? {} : { act: { sub: session.actor } }),
    };
    const { kid, secret } = this.#current;
    const signed = `${part({ alg: 'ES256', typ: tokenType, kid })}.${part(claims)}`;
    const signature = sign('sha256', Buffer.from(signed), { key: secret, dsaEncoding: 'ieee-p1363' });
    return `${signed}.${signature.toString('base64url')}`;
  }

  /** The current, the previous and the next key. */
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
