import { useNavigate } from 'react-router';
import type { Organisation } from '../../accounts-api.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Entry } from '../../components/entry.tsx';
import { Moment } from '../../components/moment.tsx';
import { Offered } from '../../components/offered.tsx';
import { TextEntry } from '../../components/text-entry.tsx';
import { useDeleteOrganisation, useUpdateOrganisation } from '../../controllers/organisations.ts';
import { useMay } from '../../controllers/session.ts';
import { organisationSettings } from '../../inputs.ts';

export function SettingsPage({
  organisation: { id, name, createdAt, auditDays },
}: {
  organisation: Organisation;
}) {
  const update = useUpdateOrganisation(id);
  const destroy = useDeleteOrganisation(id);
  const navigate = useNavigate();
  const may = useMay(id);
  return (
    <>
      <h2>Settings</h2>
      <p>
        Created <Moment at={createdAt} />. Entries of the audit log are kept for {auditDays} days.
      </p>
      <Offered isOffered={may('organisation.update')}>
        <Entry
          label="Settings"
          schema={organisationSettings}
          send={update.mutateAsync}
          action="Save"
          done="The settings were saved."
          keeps
        >
          <TextEntry name="name" label="Name" defaultValue={name} autoComplete="organization" />
          <TextEntry
            name="auditDays"
            label="Days for which audit entries are kept"
            hint="30 to 3650, for new entries."
            defaultValue={`${auditDays}`}
            inputMode="numeric"
            autoComplete="off"
          />
        </Entry>
      </Offered>
      {may('organisation.delete') && (
        <Confirm
          label="Delete the organisation"
          question={`Delete ${name}?`}
          text="Members, roles, invitations and keys are deleted at once and cannot be brought back. The audit log stays until its days are over."
          change={destroy}
          onDone={() => void navigate('/organisations')}
        />
      )}
    </>
  );
}
