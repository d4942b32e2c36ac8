import type { Database, Queries } from '../../kit/database.ts';
import type { People } from '../../kit/person.ts';
import type { OperationAnswer, OperationId, OperationInput } from './contract.ts';
import type { Directory } from './directory.ts';
import type { JobQueues } from './job-queues.ts';
import type { Mailer } from './mailer.ts';
import { actorOf, type Origin, onBehalfOf, type Principal } from './principal.ts';
import { insertAuditEntry } from './repository/audit.ts';
import type { Organisation } from './schemas.ts';

export interface AccountsParts {
  database: Database;
  people: Pick<People, 'verify'>;
  directory: Directory;
  mailer: Mailer;
  /** Undefined where no queue runs beside this service. */
  queues: JobQueues | undefined;
  /** Addresses of administrators of the platform, in small letters. */
  administrators: ReadonlySet<string>;
  /** Address of the page that takes an invitation's token, after `#`. */
  invitations: string;
}

/** What a handler knows beside its input, which was checked and is permitted. */
export interface Context extends AccountsParts {
  principal: Principal;
  origin: Origin;
  /** What the principal may do in the organisation of the request; nothing where the request has none. */
  held: readonly string[];
}

/** The handlers of some operations, or of all. */
export type Handlers<Ids extends OperationId = OperationId> = {
  [Id in Ids]: (context: Context, input: OperationInput<Id>) => Promise<OperationAnswer<Id>>;
};

/** What was done to what. */
interface Change {
  action: string;
  subject: string;
  before: object | null;
  after: object | null;
}

/** Days for which entries are kept that belong to no organisation. */
export const personalDays = 365;

/** Writes a change into the audit log, in the transaction that makes it. */
export async function noteChange(
  { principal, origin }: Context,
  queries: Queries,
  organisation: Pick<Organisation, 'id' | 'auditDays'> | undefined,
  { action, subject, before, after }: Change,
): Promise<void> {
  await insertAuditEntry(queries, {
    ...{ actor: actorOf(principal), onBehalfOf: onBehalfOf(principal), action, subject, ...origin },
    before: before && { ...before },
    after: after && { ...after },
    organisation: organisation?.id ?? null,
    auditDays: organisation?.auditDays ?? personalDays,
  });
}
