import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { type Handlers, noteChange } from '../context.ts';
import { fetchAuditEntriesBy } from '../repository/audit.ts';
import { destroyInvitationsTo } from '../repository/invitations.ts';
import { fetchMember } from '../repository/members.ts';
import { fetchOrganisationsOf } from '../repository/organisations.ts';
import { destroyPerson } from '../repository/people.ts';
import { fetchExport } from '../repository/person-export.ts';
import { changed, known, personOf } from './caller.ts';
import { refuseLastOwner } from './members.ts';

export const personHandlers: Handlers<'exportPerson' | 'deletePerson'> = {
  exportPerson: async (context) => {
    const { id } = personOf(context);
    const account = await known(context, context.database, id);
    const [kept, audit] = await Promise.all([
      fetchExport(context.database, id, account.email),
      fetchAuditEntriesBy(context.database, `person:${id}`),
    ]);
    return { document: { account, ...kept, audit } };
  },

  /** First here, then at Kratos: were Kratos to fail, the person asks again, and nothing is done twice. */
  deletePerson: async (context, { email }) => {
    const { id } = personOf(context);
    const account = await known(context, context.database, id);
    if (account.email.toLowerCase() !== email)
      throw new Refusal(status.INVALID_ARGUMENT, "email: it is not this account's address");
    await context.database.transaction('delete person', async (queries) => {
      for (const organisation of await fetchOrganisationsOf(queries, id)) {
        await changed(queries, organisation.id);
        const member = await fetchMember(queries, organisation.id, id);
        if (member !== undefined) await refuseLastOwner(queries, organisation.id, member);
      }
      await destroyInvitationsTo(queries, email);
      await destroyPerson(queries, id);
      await noteChange(context, queries, undefined, deletion(id));
    });
    await context.directory.destroy(id);
    return {};
  },
};

/** Without address and name: they are what goes. */
function deletion(id: string): Parameters<typeof noteChange>[3] {
  return { action: 'person.delete', subject: `person:${id}`, before: { id }, after: null };
}
