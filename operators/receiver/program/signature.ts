import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { ForgeConfig } from './config.ts';

type Kind = ForgeConfig['kind'];

/**
 * Headers in which a forge shows that it knows the secret; the first one that is there counts.
 *
 * @see https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 * @see https://docs.gitea.com/usage/webhooks and https://forgejo.org/docs/latest/user/webhooks
 * @see https://docs.gitlab.com/user/project/integrations/webhooks ('secret token')
 */
const signatureHeaders: Readonly<Record<Kind, readonly string[]>> = {
  github: ['x-hub-signature-256'],
  gitea: ['x-forgejo-signature', 'x-gitea-signature'],
  gitlab: ['x-gitlab-token'],
};

/** What a delivery shows to prove its origin; undefined if it shows nothing. Headers of other kinds of forges do not count. */
export function signatureOf(kind: Kind, headers: IncomingHttpHeaders): string | undefined {
  for (const name of signatureHeaders[kind]) {
    const value = headers[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}

/** Whether the signature covers the body. GitLab signs no body: it sends the secret itself, and its check can precede the body. */
export function signsBody(kind: Kind): boolean {
  return kind !== 'gitlab';
}

/** Whether whoever signed the body knows the secret. The time that it takes does not depend on the signature. */
export function isGenuine(kind: Kind, signature: string, body: Buffer, secret: string): boolean {
  return isSame(signature, expected(kind, body, secret));
}

function expected(kind: Kind, body: Buffer, secret: string): string {
  if (kind === 'gitlab') return secret;
  const code = createHmac('sha256', secret).update(body).digest('hex');
  return kind === 'github' ? `sha256=${code}` : code;
}

/** Compares hashes, which have one length whatever is compared. */
function isSame(one: string, other: string): boolean {
  const [a, b] = [one, other].map((text) => createHash('sha256').update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
