import { status } from '@grpc/grpc-js';
import { Refusal } from '../../../kit/refusal.ts';
import { type Handlers, noteChange } from '../context.ts';
import { owner } from '../permissions.ts';
import { insertMember } from '../repository/members.ts';
import {
  destroyOrganisation,
  fetchOrganisation,
  fetchOrganisationsOf,
  insertOrganisation,
  modifyOrganisation,
} from '../repository/organisations.ts';
import { changed, known, personOf } from './caller.ts';

type Ids =
  | 'createOrganisation'
  | 'listOrganisations'
  | 'getOrganisation'
  | 'updateOrganisation'
  | 'deleteOrganisation';

export const organisationHandlers: Handlers<Ids> = {
  createOrganisation: async (context, { name }) => {
    const { id } = personOf(context);
    await known(context, context.database, id);
    return context.database.transaction('create organisation', async (queries) => {
      const organisation = await insertOrganisation(queries, name);
      await insertMember(queries, organisation.id, id, [owner]);
      await noteChange(context, queries, organisation, {
        ...{ action: 'organisation.create', subject: `organisation:${organisation.id}` },
        ...{ before: null, after: organisation },
      });
      return { organisation };
    });
  },

  listOrganisations: async (context) => ({
    organisations: await fetchOrganisationsOf(context.database, personOf(context).id),
  }),

  getOrganisation: async ({ database }, { organisation: id }) => {
    const organisation = await fetchOrganisation(database, id);
    if (organisation === undefined) throw new Refusal(status.NOT_FOUND, `no organisation ${id}`);
    return { organisation };
  },

  updateOrganisation: (context, { organisation: id, name, auditDays }) =>
    context.database.transaction('update organisation', async (queries) => {
      const before = await changed(queries, id);
      const after = { ...before, name: name ?? before.name, auditDays: auditDays ?? before.auditDays };
      await modifyOrganisation(queries, after);
      await noteChange(context, queries, after, {
        ...{ action: 'organisation.update', subject: `organisation:${id}`, before, after },
      });
      return { organisation: after };
    }),

  deleteOrganisation: (context, { organisation: id }) =>
    context.database.transaction('delete organisation', async (queries) => {
      const before = await changed(queries, id);
      await destroyOrganisation(queries, id);
      await noteChange(context, queries, before, {
        ...{ action: 'organisation.delete', subject: `organisation:${id}`, before, after: null },
      });
      return {};
    }),
};
