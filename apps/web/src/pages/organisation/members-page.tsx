import { useState } from 'react';
import { Button } from 'react-aria-components/Button';
import type { Invitation, Member, Role } from '../../accounts-api.ts';
import { Confirm } from '../../components/confirm.tsx';
import { Entry } from '../../components/entry.tsx';
import { Loaded, Paged } from '../../components/loaded.tsx';
import { Moment } from '../../components/moment.tsx';
import { Offered } from '../../components/offered.tsx';
import { RoleChoice } from '../../components/role-choice.tsx';
import { TextEntry } from '../../components/text-entry.tsx';
import {
  useInvitations,
  useInvite,
  useMembers,
  useRemoveMember,
  useRevokeInvitation,
  useRoles,
  useUpdateMember,
} from '../../controllers/members.ts';
import { useMay, useSession } from '../../controllers/session.ts';
import { invitationInput, rolesInput } from '../../inputs.ts';

export function MembersPage({ organisation }: { organisation: string }) {
  const members = useMembers(organisation);
  const roles = useRoles(organisation);
  const may = useMay(organisation);
  return (
    <>
      <h2>Members</h2>
      <Paged pages={members} items={(page) => page.members} none="Nobody is a member.">
        {(all) => (
          <ul className="rows">
            {all.map((member) => (
              <MemberRow key={member.person} {...{ organisation, member }} roles={roles.data ?? []} />
            ))}
          </ul>
        )}
      </Paged>
      <Offered isOffered={may('invitations.create')}>
        <Invite organisation={organisation} roles={roles.data ?? []} />
      </Offered>
      {may('invitations.read') && <OpenInvitations organisation={organisation} />}
    </>
  );
}

interface MemberRowProps {
  organisation: string;
  member: Member;
  roles: readonly Role[];
}

function MemberRow({ organisation, member, roles }: MemberRowProps) {
  const [isEdited, setEdited] = useState(false);
  const may = useMay(organisation);
  const session = useSession();
  const update = useUpdateMember(organisation, member.person);
  const remove = useRemoveMember(organisation, member.person);
  const { email, name, joinedAt } = member;
  const isSelf = session.data?.person === member.person;
  return (
    <li>
      <strong>{name === '' ? email : name}</strong> {name !== '' && <span className="id">{email}</span>}
      <p className="hint">
        {member.roles.join(', ')}, since <Moment at={joinedAt} />
      </p>
      <div className="actions">
        {may('members.update') && (
          <Button
            aria-label={`${isEdited ? 'Close roles' : 'Change roles'}: ${email}`}
            aria-expanded={isEdited}
            onPress={() => setEdited(!isEdited)}
          >
            {isEdited ? 'Close roles' : 'Change roles'}
          </Button>
        )}
        {(isSelf || may('members.remove')) && (
          <Confirm
            label={isSelf ? 'Leave' : 'Remove'}
            of={email}
            question={isSelf ? 'Leave this organisation?' : `Remove ${email}?`}
            text="The rights in this organisation end within two seconds. Another invitation brings them back."
            change={remove}
          />
        )}
      </div>
      {isEdited && (
        <Entry
          label={`Roles of ${email}`}
          schema={rolesInput}
          lists={['roles']}
          send={update.mutateAsync}
          action="Save"
          done="The roles were changed."
          keeps
        >
          <RoleChoice roles={roles} chosen={member.roles} />
        </Entry>
      )}
    </li>
  );
}

function Invite({ organisation, roles }: { organisation: string; roles: readonly Role[] }) {
  const invite = useInvite(organisation);
  return (
    <>
      <h2>Invite</h2>
      <Entry
        label="Invite"
        schema={invitationInput}
        lists={['roles']}
        send={invite.mutateAsync}
        action="Send the invitation"
        done="The invitation was sent."
      >
        <TextEntry
          name="email"
          type="email"
          label="Address"
          hint="The link in the mail is good once, for seven days, for a person with this address."
          autoComplete="off"
        />
        <RoleChoice roles={roles} chosen={['member']} />
      </Entry>
    </>
  );
}

function OpenInvitations({ organisation }: { organisation: string }) {
  const invitations = useInvitations(organisation);
  return (
    <>
      <h2>Open invitations</h2>
      <Loaded query={invitations}>
        {(all) =>
          all.length === 0 ? (
            <p>None is open.</p>
          ) : (
            <ul className="rows">
              {all.map((invitation) => (
                <InvitationRow key={invitation.id} {...{ organisation, invitation }} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </>
  );
}

function InvitationRow({ organisation, invitation }: { organisation: string; invitation: Invitation }) {
  const revoke = useRevokeInvitation(organisation, invitation.id);
  const may = useMay(organisation);
  const { email, roles, expiresAt } = invitation;
  return (
    <li>
      <strong>{email}</strong>
      <p className="hint">
        {roles.join(', ')}, until <Moment at={expiresAt} />
      </p>
      {may('invitations.revoke') && (
        <Confirm
          label="Revoke"
          of={email}
          question={`Revoke the invitation of ${email}?`}
          text="The link in the mail is good no more."
          change={revoke}
        />
      )}
    </li>
  );
}
