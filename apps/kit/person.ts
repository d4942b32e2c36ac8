import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import { askHttps } from './ask-https.ts';
import { IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { Refusal } from './refusal.ts';

/** Header, and gRPC metadata key, with the token of the person for whom a request is made. */
export const personHeader = 'x-plinth-person';

/** The person for whom a request is made, as verified by the sign-in proxy. */
export interface Person {
  /** Id of the person, constant while the account exists. */
  id: string;
  /** Id of the session. */
  session: string;
  /** Organisation of the person; undefined without one. */
  organisation: string | undefined;
  roles: readonly string[];
  /** Authenticator assurance level: `aal2` with a second factor. */
  level: string;
  /** Time of the sign-in. */
  authenticated: Date;
  /** The app that the person visited. */
  app: string;
  /** Id of the administrator who acts as the person (RFC 8693, 'act'); undefined: the person does. */
  actor: string | undefined;
}

/** Address of the keys, and the accepted tokens. */
export interface PeopleInput {
  /** Address of the keys. */
  keys: string;
  identity: Pick<IdentityFolder, 'current'>;
  issuer: string;
  audiences: readonly string[];
}

/** Maximum difference of clocks in one cluster, for the start of a token. It does not extend its end. */
const skewSeconds = 10;
/** Maximum validity of the proxy's tokens. */
const longestSeconds = 60;
const longestToken = 8_192;
/** Maximum age of the cached keys. */
const keysMs = 300_000;
/** Minimum interval between requests for keys. */
const askAgainMs = 1_000;

const header = z.object({
  alg: z.literal('ES256'),
  typ: z.literal('person+jwt'),
  kid: z.string().min(1).max(100),
  // Critical headers (RFC 7515, section 4.1.11): none is supported.
  crit: z.never().optional(),
});

const claims = z.object({
  iss: z.string(),
  aud: z.string(),
  sub: z.string().min(1),
  sid: z.string().min(1),
  iat: z.number().int(),
  exp: z.number().int(),
  auth_time: z.number().int(),
  acr: z.string(),
  organisation: z.string().nullable(),
  roles: z.array(z.string()),
  act: z.object({ sub: z.string().min(1) }).optional(),
});

const keySet = z.object({
  keys: z.array(
    z.object({
      kty: z.literal('EC'),
      crv: z.literal('P-256'),
      alg: z.literal('ES256'),
      use: z.literal('sig'),
      kid: z.string(),
      x: z.string(),
      y: z.string(),
    }),
  ),
});

/** Verifies tokens of people; no other part of a request is trusted for the identity of its sender. */
export class People {
  #input: PeopleInput;
  #keys = new Map<string, KeyObject>();
  #asked = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(input: PeopleInput) {
    this.#input = input;
  }

  /**
   * The person of an HTTP request. `caller`: the name in the client certificate of a calling service, which
   * may only forward tokens of its own visitors.
   * @throws Refusal UNAUTHENTICATED without a valid token for this app, UNAVAILABLE if no key is available.
   */
  person({ headers }: { headers: IncomingHttpHeaders }, caller?: string): Promise<Person> {
    const token = headers[personHeader];
    return this.verify(typeof token === 'string' ? token : '', caller);
  }

  /** The same for a token, such as that in a call's metadata. */
  async verify(token: string, caller?: string): Promise<Person> {
    const [head = '', body = '', signature = '', ...more] = token.split('.');
    if (token === '') throw refused('no person: the request has no token');
    if (token.length > longestToken || more.length > 0) throw refused('the token is malformed');
    const { kid } = read(header, head);
    const key = await this.#key(kid);
    if (key === undefined) throw refused('the token has an unknown key');
    const isRight = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!isRight) throw refused('the signature of the token is invalid');
    return this.#checked(read(claims, body), caller);
  }

  #checked(
    { iss, aud, sub, sid, iat, exp, auth_time, acr, organisation, roles, act }: z.output<typeof claims>,
    caller?: string,
  ): Person {
    const { issuer, audiences } = this.#input;
    const now = Date.now() / 1_000;
    if (iss !== issuer) throw refused(`the issuer of the token is ${iss}`);
    if (!audiences.includes(aud)) throw refused(`the audience of the token is '${aud}'`);
    if (caller !== undefined && caller !== 'sign-in' && caller !== aud)
      throw refused(`'${caller}' forwards a token with the audience '${aud}'`);
    if (exp <= now) throw refused('the token has expired');
    if (iat > now + skewSeconds) throw refused('the token is not valid yet: the clocks differ');
    if (exp - iat > longestSeconds) throw refused('the token is valid for too long');
    return {
      ...{ id: sub, session: sid, organisation: organisation ?? undefined, roles },
      ...{ level: acr, authenticated: new Date(auth_time * 1_000), app: aud, actor: act?.sub },
    };
  }

  async #key(kid: string): Promise<KeyObject | undefined> {
    const age = performance.now() - this.#asked;
    const known = this.#keys.get(kid);
    if (known !== undefined && age < keysMs) return known;
    try {
      // An unknown key id causes one request a second at most.
      if (this.#running !== undefined || age >= askAgainMs) await this.#refresh(kid);
    } catch (error) {
      log.warn('the keys of people could not be fetched', { error });
      // Cached keys stay valid for their tokens; their replica may be the one that does not answer.
      if (known === undefined)
        throw new Refusal(status.UNAVAILABLE, 'people cannot be verified at the moment: try again');
    }
    return this.#keys.get(kid);
  }

  #refresh(kid: string): Promise<void> {
    this.#running ??= (async () => {
      this.#asked = performance.now();
      const address = new URL(this.#input.keys);
      address.searchParams.set('kid', kid);
      const { keys } = keySet.parse(JSON.parse(await fetched(address, this.#input.identity)));
      this.#keys = new Map(
        keys.map(({ kid: id, kty, crv, x, y }) => [
          id,
          createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' }),
        ]),
      );
    })().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}

/** From the variables of the edge `uses: [{ kind: 'people' }]` in app.ts. */
export function peopleFrom(env: NodeJS.ProcessEnv): People & { close(): void } {
  const of = (name: string): string => {
    const value = env[name];
    if (value) return value;
    throw new Error(`${name} is not set: write uses: [{ kind: 'people' }] in app.ts`);
  };
  const identity = new IdentityFolder(of('PEOPLE_IDENTITY_DIR'));
  const audiences = of('PEOPLE_AUDIENCES').split(',');
  const people = new People({ keys: of('PEOPLE_KEYS'), issuer: of('PEOPLE_ISSUER'), identity, audiences });
  return Object.assign(people, { close: () => identity.close() });
}

/** Parses a part of a token with its schema. */
function read<S extends z.ZodType>(schema: S, part: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(part, 'base64url').toString()));
  } catch {
    throw refused('the token is not from the sign-in');
  }
}

function refused(why: string): Refusal {
  return new Refusal(status.UNAUTHENTICATED, why);
}

async function fetched(address: URL, { current }: PeopleInput['identity']): Promise<string> {
  const { status: answered, text } = await askHttps(address, current);
  if (answered !== 200) throw new Error(`${address.host} answers ${answered}`);
  return text;
}
