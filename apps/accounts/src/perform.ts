import { status } from '@grpc/grpc-js';
import { checked, Refusal } from '../../kit/refusal.ts';
import type { Call } from '../../kit/unary.ts';
import type { Contract } from './access.ts';
import { isAdministrator } from './administrators.ts';
import type { AccountsParts, Context, Handlers } from './context.ts';
import { contract, type OperationAnswer, type OperationId, type OperationInput } from './contract.ts';
import { handlers } from './handlers/handlers.ts';
import { permits } from './permissions.ts';
import { originOf, type Principal, principalOf } from './principal.ts';
import { fetchOpenImpersonation } from './repository/impersonations.ts';
import { fetchPermissions } from './repository/members.ts';

/** Carries out the operations of the contract, for gRPC and REST alike: nothing gets past it. */
export class Accounts {
  #input: AccountsParts;

  constructor(input: AccountsParts) {
    this.#input = input;
  }

  /**
   * @throws Refusal UNAUTHENTICATED, INVALID_ARGUMENT, NOT_FOUND for an organisation that is another's or none, and
   * PERMISSION_DENIED.
   */
  async perform<Id extends OperationId>(id: Id, call: Call, given: unknown): Promise<OperationAnswer<Id>> {
    const { database, people } = this.#input;
    const principal = await principalOf(call, people, database);
    const input = checked(contract[id].input, given) as OperationInput<Id>;
    await this.#refuseImpersonated(id, principal);
    const held = await this.#admit(id, principal, input);
    const context: Context = {
      ...this.#input,
      principal,
      origin: originOf(call, principal),
      held,
    };
    const handler: Handlers[Id] = handlers[id];
    return handler(context, input);
  }

  /** What the principal may do in the organisation of the request. Who is no member learns nothing, not whether it exists. */
  async #admit(id: OperationId, principal: Principal, input: object): Promise<readonly string[]> {
    const { access } = contract[id];
    if (access === 'caller') return [];
    if (access === 'person' || access === 'administrator') {
      if (principal.kind !== 'person') throw onlyPeople(principal);
      if (access === 'administrator' && !(await isAdministrator(this.#input, principal.id)))
        throw new Refusal(status.PERMISSION_DENIED, 'this is for administrators of the platform');
      return [];
    }
    const organisation = 'organisation' in input ? String(input.organisation) : '';
    const held = await this.#held(principal, organisation);
    if (held === undefined) throw new Refusal(status.NOT_FOUND, `no organisation ${organisation}`);
    if (typeof access === 'object' && !permits(held, access.permission))
      throw new Refusal(status.PERMISSION_DENIED, `this takes the permission ${access.permission}`);
    return held;
  }

  /**
   * An administrator who acts as somebody else does nothing privileged, and nothing once the impersonation has ended: his token may be
   * valid for another minute.
   */
  async #refuseImpersonated(id: OperationId, principal: Principal): Promise<void> {
    if (principal.kind !== 'person' || principal.actor === undefined) return;
    const { access, privileged }: Contract = contract[id];
    if (access === 'administrator' || privileged)
      throw new Refusal(
        status.PERMISSION_DENIED,
        'this is refused while you act as somebody else: stop that, or have the person do it',
        'impersonating',
      );
    // It says itself that the session must be revalidated.
    if (id === 'getSession') return;
    const open = await fetchOpenImpersonation(this.#input.database, principal.session);
    if (open?.administrator !== principal.actor || open.person !== principal.id)
      throw new Refusal(
        status.UNAUTHENTICATED,
        'you do not act as somebody else any more: nothing was carried out',
        'impersonation_ended',
      );
  }

  async #held(principal: Principal, organisation: string): Promise<readonly string[] | undefined> {
    switch (principal.kind) {
      case 'person':
        return fetchPermissions(this.#input.database, organisation, principal.id);
      case 'key':
        return principal.organisation === organisation ? principal.scopes : undefined;
      case 'app':
        throw new Refusal(
          status.UNAUTHENTICATED,
          `'${principal.name}' calls for nobody: send the token of a person, or an API key`,
        );
    }
  }
}

function onlyPeople({ kind }: Principal): Refusal {
  return kind === 'key'
    ? new Refusal(status.PERMISSION_DENIED, 'this is for people, and the request has an API key')
    : new Refusal(status.UNAUTHENTICATED, 'this is for people, and the request has no token of one');
}
