import { ApiException } from '@kubernetes/client-node';
import { Failure } from '../cli/failure.ts';
import type { ClusterClient } from './client.ts';

/**
 * Whether the API server answered that the object does not exist; for a custom resource also that its CRD
 * does not exist (yet).
 */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiException && error.code === 404;
}

/**
 * Waits for the response to a request; an error becomes a `Failure` with the request, the cluster and the
 * reason.
 */
export async function ask<T>(client: ClusterClient, what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (isNotFound(error)) throw error;
    throw new Failure(
      `the cluster '${client.name}' did not list its ${what} (${client.server}): ${reason(error)}`,
      'Start or repair it: npm run init-cluster',
      { cause: error },
    );
  }
}

/** Reason of a failed request, in one line. */
export function reason(error: unknown): string {
  if (error instanceof ApiException) return `HTTP ${error.code}: ${statusMessage(error.body)}`;
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  // undici reports 'fetch failed' and keeps the reason in the cause, which is nested if several addresses
  // were tried.
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  return cause instanceof Error ? reason(cause) : error.message;
}

function statusMessage(body: unknown): string {
  const status: unknown = typeof body === 'string' ? tryJson(body) : body;
  if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  return String(body).trim().split('\n')[0] ?? '';
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
