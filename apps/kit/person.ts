import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import { askHttps } from './ask-https.ts';
import { IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { Refusal } from './refusal.ts';

/** Header, and key of gRPC's metadata, that carries the token of the person for whom a request is made. */
export const personHeader = 'x-plinth-person';

/** A person for whom a request is made, as the proxy of the sign-in vouches for. */
export interface Person {
  /** Id of the person: the same for as long as the account exists. */
  id: string;
  /** Id of the session. */
  session: string;
  /** Organisation for which the person acts; undefined where there is none. */
  organisation: string | undefined;
  roles: readonly string[];
  /** Authenticator assurance level: `aal2` where a second factor was shown. */
  level: string;
  /** When the person signed in. */
  authenticated: Date;
  /** The app at whose door the person stood. */
  app: string;
}

/** Where the keys are, and which tokens an app takes. */
export interface PeopleInput {
  /** Address of the keys. */
  keys: string;
  identity: Pick<IdentityFolder, 'current'>;
  issuer: string;
  audiences: readonly string[];
}

/** Clocks of one cluster differ by so much: a token may seem to be made later than now. It never ends later for it. */
const skewSeconds = 10;
/** The longest that a token of the proxy is valid. */
const longestSeconds = 60;
const longestToken = 8_192;
/** So old may the known keys be. */
const keysMs = 300_000;
/** So often keys are asked for at most. */
const askAgainMs = 1_000;

const header = z.object({
  alg: z.literal('ES256'),
  typ: z.literal('person+jwt'),
  kid: z.string().min(1).max(100),
  // What has to be understood to be right (RFC 7515, section 4.1.11): nothing is.
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

/** Verifies the tokens by which requests carry a person, and trusts nothing else that a request says of who sends it. */
export class People {
  #input: PeopleInput;
  #keys = new Map<string, KeyObject>();
  #asked = Number.NEGATIVE_INFINITY;
  #running: Promise<void> | undefined;

  constructor(input: PeopleInput) {
    this.#input = input;
  }

  /**
   * The person of a request over HTTP. `caller`: the name in the certificate of the service that asks, where one does; it may
   * hand on tokens of its own visitors alone.
   * @throws Refusal UNAUTHENTICATED without a token that is valid now and meant for this app, UNAVAILABLE where no key can be had.
   */
  person({ headers }: { headers: IncomingHttpHeaders }, caller?: string): Promise<Person> {
    const token = headers[personHeader];
    return this.verify(typeof token === 'string' ? token : '', caller);
  }

  /** The same of a token, such as that in the metadata of a call. */
  async verify(token: string, caller?: string): Promise<Person> {
    const [head = '', body = '', signature = '', ...more] = token.split('.');
    if (token === '') throw refused('no person: the request has no token');
    if (token.length > longestToken || more.length > 0) throw refused('the token is none');
    const { kid } = read(header, head);
    const key = await this.#key(kid);
    if (key === undefined) throw refused('the token is signed by a key that nobody has');
    const isRight = verify(
      'sha256',
      Buffer.from(`${head}.${body}`),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
    if (!isRight) throw refused('the signature of the token is wrong');
    return this.#checked(read(claims, body), caller);
  }

  #checked(
    { iss, aud, sub, sid, iat, exp, auth_time, acr, organisation, roles }: z.output<typeof claims>,
    caller?: string,
  ): Person {
    const { issuer, audiences } = this.#input;
    const now = Date.now() / 1_000;
    if (iss !== issuer) throw refused(`the token is from ${iss}`);
    if (!audiences.includes(aud)) throw refused(`the token is meant for '${aud}'`);
    if (caller !== undefined && caller !== 'sign-in' && caller !== aud)
      throw refused(`'${caller}' hands on a token that is meant for '${aud}'`);
    if (exp <= now) throw refused('the token has ended');
    if (iat > now + skewSeconds) throw refused('the token is not valid yet: the clocks differ');
    if (exp - iat > longestSeconds) throw refused('the token is valid for longer than any is');
    return {
      ...{ id: sub, session: sid, organisation: organisation ?? undefined, roles },
      ...{ level: acr, authenticated: new Date(auth_time * 1_000), app: aud },
    };
  }

  async #key(kid: string): Promise<KeyObject | undefined> {
    const age = performance.now() - this.#asked;
    const known = this.#keys.get(kid);
    if (known !== undefined && age < keysMs) return known;
    try {
      // A key that nobody has costs one question a second.
      if (this.#running !== undefined || age >= askAgainMs) await this.#refresh(kid);
    } catch (error) {
      log.warn('the keys of people were not fetched', { error });
      // What is known vouches for what it signed; its replica may be what does not answer.
      if (known === undefined)
        throw new Refusal(status.UNAVAILABLE, 'nobody can tell just now who asks: try again');
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

/** As the edge `uses: [{ kind: 'people' }]` of app.ts sets the environment. */
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

/** A part of a token, as it must be. */
function read<S extends z.ZodType>(schema: S, part: string): z.output<S> {
  try {
    return schema.parse(JSON.parse(Buffer.from(part, 'base64url').toString()));
  } catch {
    throw refused('the token is none of the sign-in');
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
