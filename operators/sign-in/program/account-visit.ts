import type { IncomingMessage, ServerResponse } from 'node:http';
import { ownHeaders } from './answers.ts';
import type { Codes } from './codes.ts';
import type { SignInConfig } from './config.ts';
import { page } from './html.ts';
import type { Kratos } from './kratos.ts';
import type { Sessions } from './sessions.ts';
import type { Tries } from './tries.ts';

export interface AccountsInput {
  config: SignInConfig;
  kratos: Kratos;
  sessions: Sessions;
  codes: Codes;
  /** Milliseconds after which a form that names an account is answered at the earliest. */
  evenMs: number;
}

/** A request to the host of accounts, with what its pages need. */
export interface Visit extends AccountsInput {
  /** Attempts by account and by the visitor's address. */
  tries: { account: Tries; address: Tries };
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
}

/** Sends a page. Browsers apply `form-action` to redirects of forms too, so the policy includes apps and providers. */
export function sendPage(
  { config, response }: Visit,
  status: number,
  title: string,
  content: string,
  cookies: string[] = [],
): void {
  const targets = ["'self'", ...config.apps.flatMap((app) => app.origins), ...config.providers];
  const policy = `${ownHeaders['content-security-policy']}`.replace(
    "form-action 'self'",
    `form-action ${targets.join(' ')}`,
  );
  response
    .writeHead(status, {
      ...ownHeaders,
      'content-security-policy': policy,
      'content-type': 'text/html; charset=utf-8',
      ...(cookies.length > 0 ? { 'set-cookie': cookies } : {}),
    })
    .end(page(title, content));
}

/** The body of a form; '' if it is larger than `mostBytes`. */
export async function readForm(request: IncomingMessage, mostBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > mostBytes) break;
    chunks.push(chunk);
  }
  return size > mostBytes ? '' : Buffer.concat(chunks).toString();
}
