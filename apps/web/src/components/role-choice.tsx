import { Checkbox, CheckboxGroup, FieldError, Label } from 'react-aria-components/CheckboxGroup';
import type { Role } from '../accounts-api.ts';

/** Checkboxes for roles, as the field `roles` of a form. */
export function RoleChoice({ roles, chosen }: { roles: readonly Role[]; chosen: readonly string[] }) {
  return (
    <CheckboxGroup name="roles" defaultValue={[...chosen]} className="field">
      <Label>Roles</Label>
      {roles.map(({ name, description }) => (
        <Checkbox key={name} value={name} className="checkbox">
          <span className="box" aria-hidden="true" />
          <span>
            {name}
            {description !== '' && <span className="hint"> {description}</span>}
          </span>
        </Checkbox>
      ))}
      <FieldError className="field-problem" />
    </CheckboxGroup>
  );
}
