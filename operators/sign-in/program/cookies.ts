/** Names of the cookies that the proxy sets at the host of each app. `__Host-`: no other host can set or read them. */
export const appCookies = {
  /** The session, as Kratos knows it; opaque to the browser. */
  session: '__Host-session',
  /** Secret of a sign-in that has begun: only the browser that began it can end it. */
  state: '__Host-sign-in-state',
  /** How many sign-ins were begun within half a minute. */
  tries: '__Host-sign-in-tries',
} as const;

/** The cookies of a request (RFC 6265, section 5.4), in their order. */
export function cookiesOf(header: string | undefined): [name: string, value: string][] {
  return (header ?? '').split(';').flatMap((part): [string, string][] => {
    const equals = part.indexOf('=');
    return equals === -1 ? [] : [[part.slice(0, equals).trim(), part.slice(equals + 1).trim()]];
  });
}

/** What a cookie may hold here (RFC 6265, section 4.1.1), and how much. */
const value = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,4096}$/;

/** The value of a cookie; none where it is not there, stands twice or holds what no cookie of ours holds. */
export function cookie(header: string | undefined, name: string): string | undefined {
  const found = cookiesOf(header).filter(([each]) => each === name);
  const [only] = found.length === 1 ? found : [];
  return only !== undefined && value.test(only[1]) ? only[1] : undefined;
}

/** The header without the cookies of these names; undefined where none is left. */
export function withoutCookies(header: string | undefined, names: readonly string[]): string | undefined {
  const left = cookiesOf(header).filter(([name]) => !names.includes(name));
  return left.length === 0 ? undefined : left.map(([name, text]) => `${name}=${text}`).join('; ');
}

/** A Set-Cookie of this host alone; without `seconds` it goes with the browser window, with 0 it goes now. */
export function setCookie(name: string, text: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${name}=${text}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}
