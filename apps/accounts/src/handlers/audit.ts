import type { Handlers } from '../context.ts';
import { fetchAuditEntries } from '../repository/audit.ts';

export const auditHandlers: Handlers<'listAuditEntries'> = {
  listAuditEntries: ({ database }, { organisation, pageSize, pageToken = '', oldestFirst }) =>
    fetchAuditEntries(database, { organisation, pageSize, pageToken, oldestFirst }),
};
