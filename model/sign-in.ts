import { urlOf } from './gateway.ts';
import type { Cluster } from './schema/cluster.ts';

/** The host of the accounts pages, and of Kratos' public API below `/self-service` and `/.well-known/ory`. */
export function accountsHost({ domain }: Pick<Cluster, 'domain'>): string {
  return `accounts.${domain}`;
}

/** Mailpit: its namespace, its Service and its port for mail. */
export const mailpit = { name: 'mailpit', smtp: 1025 } as const;

/** The host of Mailpit; undefined if it does not run. */
export function mailHost({ signIn, domain }: Pick<Cluster, 'signIn' | 'domain'>): string | undefined {
  return signIn?.mail.kind === 'mailpit' ? `mail.${domain}` : undefined;
}

/** The URL of the accounts pages, without a slash at the end. */
export function accountsUrl(cluster: Pick<Cluster, 'domain' | 'provider'>): string {
  return urlOf(cluster, accountsHost(cluster));
}

/** Paths of the pages at accounts.DOMAIN to which Kratos redirects a browser. */
export const signInPages = {
  login: '/login',
  registration: '/registration',
  recovery: '/recovery',
  verification: '/verification',
  settings: '/settings',
  error: '/error',
} as const;

/** Path of the page at accounts.DOMAIN that the link in a mail with a code opens. */
export const mailedLinkPage = '/link';

/**
 * The session cookie, which browsers send to one host only, never to apps: the prefix of its name requires
 * one host, TLS and the path / (RFC 6265bis, section 4.1.3).
 */
export function sessionCookie(cluster: Pick<Cluster, 'domain'>): { name: string; host: string } {
  return { name: '__Host-plinth_session', host: accountsHost(cluster) };
}
