import { status } from '@grpc/grpc-js';
import type { Queries } from '../../../kit/database.ts';
import { Refusal } from '../../../kit/refusal.ts';
import type { Context } from '../context.ts';
import { beyond } from '../permissions.ts';
import { fetchOrganisationToChange } from '../repository/organisations.ts';
import { insertPerson, type KnownPerson } from '../repository/people.ts';
import { fetchRoles } from '../repository/roles.ts';
import type { Organisation, Role } from '../schemas.ts';

/** Who asks, where that must be a person. */
export function personOf({ principal }: Context): { id: string; session: string; actor: string | undefined } {
  if (principal.kind === 'person') return principal;
  throw new Refusal(status.PERMISSION_DENIED, 'this is for people, and the request has an API key');
}

/** The person who asks, as Kratos knows him now, written down here. */
export async function known(
  { directory }: Pick<Context, 'directory'>,
  queries: Queries,
  id: string,
): Promise<KnownPerson & { verified: readonly string[] }> {
  const found = await directory.fetch(id);
  if (found === undefined) throw new Refusal(status.UNAUTHENTICATED, 'this account was deleted');
  await insertPerson(queries, found);
  return found;
}

/** The organisation, which nobody else changes until the transaction ends. */
export async function changed(queries: Queries, id: string): Promise<Organisation> {
  const found = await fetchOrganisationToChange(queries, id);
  if (found === undefined) throw new Refusal(status.NOT_FOUND, `no organisation ${id}`);
  return found;
}

/** The named roles. Refuses a name that no role has, and a role with more than whoever gives it may do. */
export async function givenRoles(
  queries: Queries,
  organisation: string,
  names: readonly string[],
  held: readonly string[],
): Promise<Role[]> {
  const roles = await fetchRoles(queries, organisation, names);
  const missing = names.filter((name) => !roles.some((role) => role.name === name));
  if (missing.length > 0)
    throw new Refusal(status.INVALID_ARGUMENT, `roles: there is no role ${missing.join(', ')}`);
  refuseBeyond(
    held,
    roles.flatMap(({ permissions }) => permissions),
  );
  return roles;
}

/** Nobody gives, or takes from somebody, a permission that he does not have. */
export function refuseBeyond(held: readonly string[], permissions: readonly string[]): void {
  const more = [...new Set(beyond(held, permissions))].sort();
  if (more.length === 0) return;
  throw new Refusal(
    status.PERMISSION_DENIED,
    `you do not have the permission ${more.join(', ')} yourself`,
    'beyond_own_rights',
  );
}
