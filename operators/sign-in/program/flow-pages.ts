import { sendPage, type Visit } from './account-visit.ts';
import { type Refused, redirect, refuse } from './answers.ts';
import type { JsonAnswer } from './ask-json.ts';
import { flowHtml } from './flow-html.ts';
import { Unavailable } from './fresh-answers.ts';
import { escaped } from './html.ts';
import { at, textAt } from './kratos.ts';
import { loginStep } from './login-code.ts';
import { mailedFlowCookies } from './mailed-link.ts';
import { type FlowKind, titles } from './texts.ts';

/** The page of a flow, or the redirect that Kratos' answer requires. */
export async function flowPage(visit: Visit, kind: FlowKind): Promise<void> {
  const { kratos, request, response, url } = visit;
  const id = url.searchParams.get('flow');
  if (id === null) return redirect(response, 303, newFlow(kind, url));
  const begun = performance.now();
  const answer = await kratos.flow(kind, id, request.headers.cookie);
  if (answer.status === 200) {
    const back = backOf(visit, answer.body);
    // After the verification of an address, redirect to the page that was opened first.
    if (kind === 'verification' && textAt(answer.body, 'state') === 'passed_challenge' && back !== '')
      return redirect(response, 303, back);
    return sendFlow(visit, kind, answer, back, begun);
  }
  const instead = insteadOf(kind, url, answer);
  if (instead !== undefined) return redirect(response, 303, instead);
  if (answer.status === 403) return refuse(request, response, notYours(kind));
  throw new Unavailable(`Kratos answers ${answer.status} to a flow`);
}

async function sendFlow(
  visit: Visit,
  kind: FlowKind,
  { body, cookies }: JsonAnswer,
  back: string,
  begun: number,
): Promise<void> {
  const said = visit.url.searchParams.get('code');
  const { isCode, flow } =
    kind === 'login' ? await loginStep(visit, body, said, begun) : { isCode: false, flow: body };
  const lines = [flowHtml(kind, flow), furtherLinks(isCode ? 'code' : kind, back)];
  if (kind === 'login' && !isCode && said === 'address') lines.unshift(addressMissing);
  sendPage(visit, 200, titles[kind], lines.join('\n'), [...cookies, ...mailedFlowCookies(kind, flow)]);
}

const addressMissing = '<p class="says error" role="alert">Write the address to which the code is sent.</p>';

/** The redirect if there is no flow to show (Kratos, 'Get Login Flow'); undefined if there is none. */
function insteadOf(kind: FlowKind, url: URL, { status, body }: JsonAnswer): string | undefined {
  const reason = textAt(body, 'error', 'id');
  if (status === 401 || reason === 'session_aal2_required' || reason === 'session_refresh_required') {
    const login = new URL('/self-service/login/browser', url);
    if (reason === 'session_aal2_required') login.searchParams.set('aal', 'aal2');
    if (reason === 'session_refresh_required') login.searchParams.set('refresh', 'true');
    login.searchParams.set('return_to', `${url.origin}/${kind}`);
    return `${login.pathname}${login.search}`;
  }
  if (status !== 404 && status !== 410) return undefined;
  const back = textAt(body, 'error', 'details', 'return_to');
  const start = new URL(url);
  if (back !== '') start.searchParams.set('return_to', back);
  return newFlow(kind, start);
}

export const notYours = (kind: FlowKind): Refused => ({
  status: 403,
  code: 'not_your_flow',
  title: 'This page was opened by another browser',
  text: [
    'Either this browser does not keep the cookies of this site, or the link was made for somebody else.',
    'Allow cookies for this site, then begin again.',
  ],
  link: { to: `/self-service/${kind}/browser`, text: 'Begin again' },
});

/** Parameters for the start of a flow; Kratos checks `return_to` against its list. */
export function newFlow(kind: FlowKind, url: URL): string {
  const query = new URLSearchParams();
  for (const name of ['return_to', 'aal', 'refresh']) {
    const value = url.searchParams.get(name);
    if (value !== null) query.set(name, value);
  }
  return `/self-service/${kind}/browser${query.size > 0 ? `?${query}` : ''}`;
}

/** The return address of a flow; '' if it is not an address of accounts. */
function backOf({ config }: Visit, flow: unknown): string {
  const back = textAt(flow, 'return_to');
  return URL.canParse(back) && new URL(back).origin === config.accounts ? back : '';
}

/** `back`: return address of the flow, which the links to other flows keep. `code`: the page of a sign-in that asks for a code. */
function furtherLinks(kind: FlowKind | 'code', back: string): string {
  const query = back === '' ? '' : `?return_to=${encodeURIComponent(back)}`;
  const to = (path: string, text: string) => `<li><a href="${path}${escaped(query)}">${text}</a></li>`;
  const links = {
    login: [to('/registration', 'Create an account'), to('/recovery', 'Recover your account')],
    code: [to('/login', 'Begin again'), to('/registration', 'Create an account')],
    registration: [to('/login', 'Sign in')],
    recovery: [to('/login', 'Sign in')],
    verification: [to('/login', 'Sign in')],
    settings: [to('/sessions', 'Your sessions'), to('/sign-out', 'Sign out')],
  }[kind];
  return `<nav aria-label="Further pages"><ul>${links.join('')}</ul></nav>`;
}

/** The page for errors outside of a flow (Kratos, 'User-Facing Errors'). */
export async function errorPage(visit: Visit): Promise<void> {
  const { kratos, url } = visit;
  const id = url.searchParams.get('id') ?? '';
  const answer = await kratos.call('GET', `/self-service/errors?id=${encodeURIComponent(id)}`, {});
  const error = at(answer.body, 'error');
  const text = textAt(error, 'reason') || textAt(error, 'message') || 'This error is known no more.';
  sendPage(
    visit,
    answer.status === 200 ? 400 : 404,
    'This did not work',
    `<p class="says error" role="alert">${escaped(text)}</p>\n<p><a class="button" href="/">Your account</a></p>`,
  );
}
