import type { Operation } from '../../kit/operation.ts';

/**
 * Who may ask: `person` with a valid token; any `caller` with a certificate; a `member` of the organisation that the request
 * names, or one of its keys; whoever has a permission there; or an `administrator` of the platform.
 */
export type OperationAccess = 'person' | 'caller' | 'member' | 'administrator' | { permission: string };

/** An operation and who may ask for it. */
export interface Contract extends Operation {
  access: OperationAccess;
  /**
   * `true`: refused for an administrator who acts as somebody else, as every operation for administrators is, since it gives rights or
   * data away or cannot be taken back. Default: carried out, with both names in the audit log.
   */
  privileged?: true;
}
