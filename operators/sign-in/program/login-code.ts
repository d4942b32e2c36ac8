import { setTimeout } from 'node:timers/promises';
import type { AccountsInput } from './account-visit.ts';
import { listAt } from './flow-html.ts';
import { at, textAt } from './kratos.ts';

/*
 * The step of a sign-in that asks for a mailed code. Kratos has it only if an account has the address; here it is the same without an
 * account. What the page says comes from what the visitor sent, never from Kratos.
 */

/** What happened before the page is shown; it is in the address of the page as `code`. */
export type CodeSaid = 'sent' | 'wrong' | 'missing' | 'address';

/** Kratos' messages (text/id.go); the pages explain them. */
const messageIds = { sent: 1010014, wrong: 4010008, missing: 4000002, noAccount: 4000035 } as const;

/**
 * Whether a code was asked for in a flow. With an account, Kratos mailed one. Without an account, Kratos says so and hides the field of
 * the address, without its label. An error of a provider replaces the message, and where somebody signs in again the field is always hidden.
 */
export function isAtCode(flow: unknown): boolean {
  const state = textAt(flow, 'state');
  if (state === 'sent_email' || state === 'passed_challenge') return state === 'sent_email';
  if (listAt(flow, 'ui', 'messages').some((message) => at(message, 'id') === messageIds.noAccount))
    return true;
  const address = nodeOf(flow, 'identifier');
  const isHidden = textAt(address, 'attributes', 'type') === 'hidden';
  const isLabelled = textAt(address, 'meta', 'label', 'text') !== '';
  return isHidden && !isLabelled && at(flow, 'refresh') !== true;
}

/** The address for which a code was asked in a flow, in lower case. */
export function addressOf(flow: unknown): string {
  return textAt(nodeOf(flow, 'identifier'), 'attributes', 'value').trim().toLowerCase();
}

/** A flow at its code, as Kratos shows it after a mail, with the message for `said`. It has nothing that depends on an account. */
function codeStep(flow: unknown, said: string | null): object {
  const isMissing = said === 'missing';
  const message = said === 'wrong' ? textOf('error', messageIds.wrong) : textOf('info', messageIds.sent);
  return {
    id: textAt(flow, 'id'),
    state: 'sent_email',
    return_to: textAt(flow, 'return_to'),
    ui: {
      action: textAt(flow, 'ui', 'action'),
      messages: [message],
      nodes: [
        nodeOf(flow, 'csrf_token'),
        field('identifier', 'hidden', addressOf(flow)),
        // For the button that has no method of its own.
        field('method', 'hidden', 'code'),
        field('code', 'text', '', 'Code', isMissing ? [textOf('error', messageIds.missing)] : []),
        field('method', 'submit', 'code', 'Continue'),
        field('resend', 'submit', 'another', 'Send another code'),
      ],
    },
  };
}

/** Part of `evenMs` after which the page of a code is sent at the earliest: the flow of Kratos that it reads is larger without an account. */
const pageShare = 1 / 5;

/** The flow of a sign-in to show, and whether it is at its code. `begun`: when Kratos was asked for it (`performance.now`). */
export async function loginStep(
  { evenMs }: Pick<AccountsInput, 'evenMs'>,
  flow: unknown,
  said: string | null,
  begun: number,
): Promise<{ isCode: boolean; flow: unknown }> {
  if (!isAtCode(flow)) return { isCode: false, flow };
  const shown = codeStep(flow, said);
  await setTimeout(Math.max(0, begun + evenMs * pageShare - performance.now()));
  return { isCode: true, flow: shown };
}

/** The form for Kratos, and what the page says afterwards. */
export interface CodeForm {
  body: string;
  said: CodeSaid;
}

/** A form that asks for a code or has one. Kratos gets only these fields: no other method can take part. */
export function codeForm(form: URLSearchParams, address: string, flow: unknown): CodeForm {
  const code = form.get('code')?.trim() ?? '';
  const isAgain = form.has('resend');
  const isTyped = isAtCode(flow) && !isAgain;
  const body = new URLSearchParams({
    csrf_token: form.get('csrf_token') ?? '',
    method: 'code',
    identifier: address,
    ...(isAgain ? { resend: 'code' } : {}),
    ...(isTyped ? { code } : {}),
  });
  return { body: body.toString(), said: !isTyped ? 'sent' : code === '' ? 'missing' : 'wrong' };
}

function nodeOf(flow: unknown, name: string): unknown {
  return listAt(flow, 'ui', 'nodes').find((node) => textAt(node, 'attributes', 'name') === name);
}

/** A message whose text the pages have. */
function textOf(type: 'info' | 'error', id: number): object {
  return { type, id, text: '' };
}

function field(name: string, type: string, value: string, label = '', messages: object[] = []): object {
  const group = name === 'identifier' ? 'default' : 'code';
  return {
    type: 'input',
    group,
    attributes: { name, type, value },
    messages,
    meta: { label: { text: label } },
  };
}
