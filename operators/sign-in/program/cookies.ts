/** Names of the proxy's cookies at the host of each app. With `__Host-` no other host can set or read them. */
export const appCookies = {
  /** Value of Kratos' session cookie. */
  session: '__Host-session',
  /** Secret of a started sign-in, which only the same browser can complete. */
  state: '__Host-sign-in-state',
  /** Number of sign-ins that were started within half a minute. */
  tries: '__Host-sign-in-tries',
} as const;

/** The cookies of a request in order (RFC 6265, section 5.4). */
export function cookiesOf(header: string | undefined): [name: string, value: string][] {
  return (header ?? '').split(';').flatMap((part): [string, string][] => {
    const equals = part.indexOf('=');
    return equals === -1 ? [] : [[part.slice(0, equals).trim(), part.slice(equals + 1).trim()]];
  });
}

/** Valid cookie value (RFC 6265, section 4.1.1), with the maximum length used here. */
const value = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]{1,4096}$/;

/** The value of a cookie; undefined if it is missing, duplicate or invalid. */
export function cookie(header: string | undefined, name: string): string | undefined {
  const found = cookiesOf(header).filter(([each]) => each === name);
  const [only] = found.length === 1 ? found : [];
  return only !== undefined && value.test(only[1]) ? only[1] : undefined;
}

/** The header without the named cookies; undefined if none remains. */
export function withoutCookies(header: string | undefined, names: readonly string[]): string | undefined {
  const left = cookiesOf(header).filter(([name]) => !names.includes(name));
  return left.length === 0 ? undefined : left.map(([name, text]) => `${name}=${text}`).join('; ');
}

/** A Set-Cookie value for this host only. Without `seconds` it is a session cookie; 0 deletes it. */
export function setCookie(name: string, text: string, seconds?: number): string {
  const age = seconds === undefined ? '' : `; Max-Age=${seconds}`;
  return `${name}=${text}; Path=/; Secure; HttpOnly; SameSite=Lax${age}`;
}
