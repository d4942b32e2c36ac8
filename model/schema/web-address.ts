import { isIP } from 'node:net';
import { z } from 'zod';

/*
 * Addresses that programs of the cluster read: most are written in Go, whose net/url corrects nothing. A browser, and URL here,
 * correct blanks, capitals, backslashes, missing slashes and Unicode (WHATWG, 'URL').
 */

interface Options {
  /** An address for messages. */
  example: string;
  /** `http`: http:// is allowed too. Default: only https://. */
  scheme?: 'https' | 'http';
  /** `false`: the address ends with the host or port. Default: true. */
  path?: boolean;
}

interface Fault {
  why: string;
  fix: string;
  secret?: boolean;
}

/** The fault of an address; undefined if every program reads the same host, port and path in it. */
function faultOf(text: string, { example, scheme = 'https', path = true }: Options): Fault | undefined {
  const expected = scheme === 'https' ? 'an https:// address' : 'an http:// or https:// address';
  if (!URL.canParse(text)) {
    // A text with an @ can have a password, which is not shown.
    const secret = text.includes('@');
    return {
      why: `expected ${expected} such as '${example}'`,
      fix: `write ${expected} such as '${example}'`,
      secret,
    };
  }
  const url = new URL(text);
  const clean = `${url.protocol}//${url.host}${url.pathname === '/' ? '' : url.pathname}`;
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '') {
    return {
      why: 'a name, a token or a query would be in Git and in the cluster',
      fix: `write the address only: ${clean}`,
      secret: true,
    };
  }
  if (url.protocol !== 'https:' && (scheme === 'https' || url.protocol !== 'http:'))
    return { why: `expected ${expected}`, fix: `write ${expected} such as '${example}'` };
  if (!isHost(url.hostname) || url.port === '0' || /%(?![0-9a-f]{2})/i.test(url.pathname))
    return {
      why: 'its host, its port or its path is not valid',
      fix: `write ${expected} such as '${example}'`,
    };
  if (!isSpelling(text, url))
    return { why: 'programs that do not correct an address would refuse it', fix: `write '${clean}'` };
  if (!path && (url.pathname !== '/' || text.endsWith('/')))
    return { why: 'it has a path', fix: `write it without a path: '${url.origin}'` };
  return undefined;
}

/** Whether an address is written as it is read. The slash after the host, and the default port, may be left out. */
function isSpelling(text: string, url: URL): boolean {
  const port = url.protocol === 'https:' ? ':443' : ':80';
  const spellings = [url.href, url.href.replace(url.host, `${url.host}${port}`)];
  return spellings.some((each) => each === text || (url.pathname === '/' && each === `${text}/`));
}

/** A name for DNS, also with '_', or an IP address. */
function isHost(name: string): boolean {
  const isName = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
  return isIP(name.replace(/^\[(.*)\]$/, '$1')) !== 0 || (name.length <= 253 && isName.test(name));
}

/** An address that is rendered into manifests or files of nodes unchanged, so it must not have a secret. */
export function webAddress(options: Options) {
  const scheme = options.scheme === 'http' ? 'https?' : 'https';
  return z
    .string()
    .superRefine((text, context) => {
      const fault = faultOf(text, options);
      if (fault === undefined) return;
      const { why, ...params } = fault;
      context.addIssue({ code: 'custom', message: why, params, input: text });
    })
    .meta({
      pattern: `^${scheme}://`,
      patternErrorMessage: `expected an address such as '${options.example}'`,
    });
}
