const hidden = '***';

/** Names of values that are secrets, whatever stands before and after: `PGPASSWORD`, `access_token`, `set-cookie`. */
const secretNames =
  'password|passwd|passphrase|secret|token|api[_-]?key|private[_-]?key|authorization|cookie|credential';
const secretName = new RegExp(`(?:${secretNames})s?$`, 'i');

/** The user, and what follows the path, of a URL (RFC 3986, appendix B). Bounded, as all here: a text can be long. */
const partsOfUrl = /\b([a-z][a-z0-9+.-]{0,30}:\/\/)(?:[^\s/?#"'<>]*@)?([^\s?#"'<>]*)([?#][^\s"'<>]*)?/gi;
/** `password=x`, `"token": "x"`, `authorization: Bearer x`; in quotes the value ends with them. */
const named = new RegExp(
  `(?<![\\w-])([\\w-]{0,60}?(?:${secretNames})s?\\\\?["']?\\s{0,9}[=:]\\s{0,9})(?:(?:bearer|basic)\\s{1,9})?(?:\\\\?"[^"]*"|'[^']*'|[^\\s,;&"'()<>{}]+)`,
  'gi',
);
/** Schemes of HTTP's authentication. */
const scheme = /\b(bearer|basic)\s{1,9}[\w.~+/-]{8,}=*/gi;

/** A text for logs and traces: without the users and queries of URLs, and without values that bear the name of a secret. */
export function withoutSecrets(text: string): string {
  return text
    .replace(partsOfUrl, (_, start: string, address: string, rest: string | undefined) =>
      rest === undefined ? `${start}${address}` : `${start}${address}${rest.slice(0, 1)}${hidden}`,
    )
    .replace(named, `$1${hidden}`)
    .replace(scheme, `$1 ${hidden}`);
}

/** The same for a field of a line, by its name: for `JSON.stringify`. */
export function fieldWithoutSecrets(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return secretName.test(name) ? hidden : withoutSecrets(value);
}
