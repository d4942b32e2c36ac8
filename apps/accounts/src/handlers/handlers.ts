import type { Handlers } from '../context.ts';
import { auditHandlers } from './audit.ts';
import { impersonationHandlers } from './impersonations.ts';
import { invitationHandlers } from './invitations.ts';
import { keyHandlers } from './keys.ts';
import { memberHandlers } from './members.ts';
import { organisationHandlers } from './organisations.ts';
import { personHandlers } from './person.ts';
import { platformHandlers } from './platform.ts';
import { queueHandlers } from './queues.ts';
import { roleHandlers } from './roles.ts';
import { sessionHandlers } from './sessions.ts';

/** What carries out each operation. */
export const handlers: Handlers = {
  ...sessionHandlers,
  ...personHandlers,
  ...organisationHandlers,
  ...memberHandlers,
  ...invitationHandlers,
  ...roleHandlers,
  ...keyHandlers,
  ...auditHandlers,
  ...platformHandlers,
  ...impersonationHandlers,
  ...queueHandlers,
};
