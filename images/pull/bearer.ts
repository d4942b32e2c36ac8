import { z } from 'zod';
import type { Credentials } from './credentials.ts';

/** The authentication that a registry requires: `WWW-Authenticate: Bearer realm="…",service="…"`. */
export interface Challenge {
  scheme: 'basic' | 'bearer';
  realm: string;
  service: string | undefined;
}

const tokenSchema = z.object({ token: z.string().optional(), access_token: z.string().optional() });

/** Parses the header of a 401 response; `undefined` if it is missing or has another scheme. */
export function parseChallenge(header: string | null): Challenge | undefined {
  const scheme = /^\s*(basic|bearer)\s/i.exec(header ?? '')?.[1]?.toLowerCase();
  if (scheme !== 'basic' && scheme !== 'bearer') return undefined;
  const parameters = new Map(
    [...(header ?? '').matchAll(/([a-z_]+)="([^"]*)"/gi)].map(([, key = '', value = '']) => [
      key.toLowerCase(),
      value,
    ]),
  );
  const realm = parameters.get('realm') ?? '';
  if (scheme === 'bearer' && !URL.canParse(realm)) return undefined;
  return { scheme, realm, service: parameters.get('service') };
}

/** `Authorization: Basic …` */
export function basic({ username, secret }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

/**
 * The request for a token with read access to a repository (https://distribution.github.io/distribution/spec/auth/token/).
 * A refresh token is exchanged by OAuth 2.
 */
export function tokenRequest(
  { realm, service }: Challenge,
  scope: string,
  credentials: Credentials | undefined,
): { url: string; init: RequestInit } {
  const fields = { ...(service === undefined ? {} : { service }), scope };
  if (credentials?.username === '<token>') {
    const body = new URLSearchParams({
      ...fields,
      grant_type: 'refresh_token',
      client_id: 'plinth',
      refresh_token: credentials.secret,
    });
    return { url: realm, init: { method: 'POST', body } };
  }
  const url = new URL(realm);
  for (const [name, value] of Object.entries(fields)) url.searchParams.set(name, value);
  return {
    url: url.href,
    init: credentials === undefined ? {} : { headers: { authorization: basic(credentials) } },
  };
}

/** The token in the response of the realm; `undefined` if it has none. */
export function tokenOf(text: string): string | undefined {
  try {
    const { token, access_token } = tokenSchema.parse(JSON.parse(text));
    return token ?? access_token;
  } catch {
    return undefined;
  }
}
