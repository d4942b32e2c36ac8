import type { Role } from '../accounts-api.ts';

/** A role with what it permits. */
export function RoleText({ role: { name, description, permissions } }: { role: Role }) {
  return (
    <>
      <strong>{name}</strong> {description}
      <p className="hint">{permissions.map((each) => (each === '*' ? 'everything' : each)).join(', ')}</p>
    </>
  );
}
