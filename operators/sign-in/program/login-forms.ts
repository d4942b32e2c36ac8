import type { Visit } from './account-visit.ts';
import { redirect, refuse } from './answers.ts';
import { newFlow, notYours } from './flow-pages.ts';
import { Unavailable } from './fresh-answers.ts';
import { at, textAt } from './kratos.ts';
import { addressOf, type CodeForm, codeForm, isAtCode } from './login-code.ts';

/** Kratos' address of the forms of a sign-in. */
export const loginPath = '/self-service/login';

/**
 * The form for Kratos if it is about a mailed code; undefined if the form goes to Kratos as it is. A flow at its code takes nothing but
 * a code for the same address: anything else begins a new flow, whether the address has an account or not.
 */
export async function loginForm(
  { kratos, request, response, url }: Visit,
  form: URLSearchParams,
  address = '',
): Promise<CodeForm | 'answered' | undefined> {
  const id = url.searchParams.get('flow') ?? '';
  const { status, body: flow } = await kratos.flow('login', id, request.headers.cookie);
  // Kratos says itself that a flow is too old or unknown.
  if (status === 404 || status === 410) return undefined;
  if (status === 403) {
    refuse(request, response, notYours('login'));
    return 'answered';
  }
  if (status !== 200) throw new Unavailable(`Kratos answers ${status} to a flow`);
  const isCode = form.getAll('method').includes('code');
  if (isAtCode(flow) && (!isCode || address !== addressOf(flow))) {
    redirect(response, 303, newFlow('login', startOf(flow, url)));
    return 'answered';
  }
  if (isCode && address === '') {
    redirect(response, 303, `/login?${new URLSearchParams({ flow: id, code: 'address' })}`);
    return 'answered';
  }
  return isCode ? codeForm(form, address, flow) : undefined;
}

/** The address of a new flow with the aim of another one. */
function startOf(flow: unknown, { origin }: URL): URL {
  const start = new URL('/login', origin);
  const back = textAt(flow, 'return_to');
  if (back !== '') start.searchParams.set('return_to', back);
  if (at(flow, 'refresh') === true) start.searchParams.set('refresh', 'true');
  return start;
}

/** The redirect to the page of a sign-in, with what the page says. */
export function withSaid(accounts: string, to: string, said: string): string {
  if (!URL.canParse(to, accounts)) return to;
  const page = new URL(to, accounts);
  if (page.origin !== accounts || page.pathname !== '/login') return to;
  page.searchParams.set('code', said);
  return page.href;
}
