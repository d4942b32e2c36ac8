import { clusterOrigin } from './cluster-origin.ts';

/**
 * A page of the sign-in, which is at accounts.DOMAIN where this app is at app.DOMAIN.
 * @param path Such as `/settings`.
 */
export function accountsPage(path: string, origin: string = clusterOrigin()): string {
  const { protocol, host } = new URL(origin);
  return `${protocol}//${host.replace(/^[^.]+/, 'accounts')}${path}`;
}
