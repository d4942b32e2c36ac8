import { status } from '@grpc/grpc-js';
import { type People, personHeader } from '../../kit/person.ts';
import { Refusal } from '../../kit/refusal.ts';
import type { Call } from '../../kit/unary.ts';

/** Whose orders a call places and sees. */
export interface Owner {
  /** `organisation:ID`, or `person:ID` of a person who acts for none. */
  owner: string;
  /** Id of the person who calls. */
  person: string;
}

/**
 * The owner by the token of a person; undefined without a token: a service calls, which sees every order.
 * `people`: undefined where the environment has no accounts.
 * @throws Refusal UNAUTHENTICATED for a token that is not valid now.
 */
export async function ownerOf(
  call: Call,
  people: Pick<People, 'verify'> | undefined,
): Promise<Owner | undefined> {
  const token = call.header(personHeader);
  if (token === undefined) return undefined;
  if (people === undefined)
    throw new Refusal(status.UNAUTHENTICATED, 'this environment has no accounts: no token is accepted');
  const { id, organisation } = await people.verify(token, call.caller);
  return {
    owner: organisation === undefined ? `person:${id}` : `organisation:${organisation}`,
    person: id,
  };
}
