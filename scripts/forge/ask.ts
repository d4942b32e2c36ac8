import type { z } from 'zod';
import { Failure } from '../cli/failure.ts';

/** A request to the API of a forge. */
export interface ForgeRequest<S extends z.ZodType> {
  /** With the token. */
  headers: Record<string, string>;
  /** Schema of the answer. */
  answer: S;
  body?: object | undefined;
  /** What has been done before, as a sentence for messages: `The branch is pushed. `. Default: nothing. */
  soFar?: string;
}

/**
 * Asks the API of a forge; returns its answer.
 * @throws Failure if it cannot be reached, refuses, or answers something else than its API says. No message has the token.
 */
export async function askForge<S extends z.ZodType>(
  method: string,
  url: string,
  { headers, answer, body, soFar = '' }: ForgeRequest<S>,
): Promise<z.output<S>> {
  const { origin, pathname } = new URL(url);
  const place = `${origin}${pathname}`;
  const { response, text } = await fetch(url, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    // Redirects are refused: one to another host would leak the token.
    redirect: 'error',
    signal: AbortSignal.timeout(30_000),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
    .then(async (response) => ({ response, text: await response.text() }))
    .catch((cause: unknown) => {
      const why =
        cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new Failure(
        `the forge at ${place} cannot be reached, or the connection was lost: ${why}`,
        `${soFar}Type the same command again when it answers.`,
        { cause },
      );
    });
  if (response.ok) {
    const parsed = answer.safeParse(tryJson(text));
    if (parsed.success) return parsed.data;
    throw new Failure(
      `the forge at ${place} answered something else than its API says: ${text.slice(0, 100)}`,
      'See that its kind and address are right: source.forge of cluster.yaml, or the variables of CI.',
    );
  }
  const why = `${method} ${place} answered ${response.status}: ${text.slice(0, 300)}`;
  if (response.status === 401 || response.status === 403) {
    throw new Failure(
      `the forge refuses the token, or it has expired: ${why}`,
      `${soFar}Make a new one, then type the same command again.`,
    );
  }
  throw new Failure(`the forge refused: ${why}`, `${soFar}Correct it, then type the same command again.`);
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
