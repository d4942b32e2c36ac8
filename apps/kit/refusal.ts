import { status } from '@grpc/grpc-js';
import type { z } from 'zod';
import { isUnreachable } from './reachability.ts';

/** Of a status's text: it travels in a header, whose size the other side bounds. */
const longestMessage = 1_000;

/** Why a request is not carried out, as its caller is told. Anything else that is thrown is a fault of ours. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: status;
  /** For programs, where the code alone does not say what to do: `last_owner`. */
  readonly reason: string | undefined;

  constructor(code: status, message: string, reason?: string) {
    super(message.slice(0, longestMessage).toWellFormed());
    this.code = code;
    this.reason = reason;
  }
}

/** What a caller gets to see of an error: of a fault only that there was one. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isUnreachable(error)) {
    return new Refusal(status.UNAVAILABLE, 'the database does not answer just now: try again');
  }
  if (error instanceof Error && 'code' in error && error.code === '57014') {
    return new Refusal(status.DEADLINE_EXCEEDED, 'the database took too long');
  }
  return new Refusal(status.INTERNAL, 'something went wrong here; the log of this service says what');
}

/** A request that fits its schema, or a refusal that says where it does not. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const said = read.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new Refusal(status.INVALID_ARGUMENT, said.join('; '));
}
