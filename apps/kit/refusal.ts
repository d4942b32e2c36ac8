import { status } from '@grpc/grpc-js';
import type { z } from 'zod';
import { isUnreachable } from './reachability.ts';

/** Maximum length of a status message: it is sent in a header of limited size. */
const longestMessage = 1_000;

/** A refused request, with a reason for its caller. Any other error is a fault of the service. */
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

/** The part of an error that a caller sees; for a fault only that it happened. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (isUnreachable(error)) {
    return new Refusal(status.UNAVAILABLE, 'the database does not answer: try again');
  }
  if (error instanceof Error && 'code' in error && error.code === '57014') {
    return new Refusal(status.DEADLINE_EXCEEDED, 'the database took too long');
  }
  return new Refusal(status.INTERNAL, 'internal error; see the log of this service');
}

/** A valid request, or a refusal with the place of the fault. */
export function checked<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const said = read.error.issues.map(({ path, message }) => `${path.join('.') || 'request'}: ${message}`);
  throw new Refusal(status.INVALID_ARGUMENT, said.join('; '));
}
