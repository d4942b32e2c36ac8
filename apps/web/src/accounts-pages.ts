/**
 * A page of the sign-in, which is at accounts.DOMAIN where this app is at app.DOMAIN.
 * @param path Such as `/settings`.
 */
export function accountsPage(
  path: string,
  { protocol, host }: Pick<Location, 'protocol' | 'host'> = location,
): string {
  return `${protocol}//${host.replace(/^[^.]+/, 'accounts')}${path}`;
}
