import type { AccountsParts } from './context.ts';

/** Whether a person proved to have an address that ADMINISTRATORS lists. Kratos is asked each time: one who loses the address is none. */
export async function isAdministrator(
  { administrators, directory }: Pick<AccountsParts, 'administrators' | 'directory'>,
  id: string,
): Promise<boolean> {
  if (administrators.size === 0) return false;
  const person = await directory.fetch(id);
  return person?.verified.some((address) => administrators.has(address.toLowerCase())) === true;
}
