import { sendPage, type Visit } from './account-visit.ts';
import { cookie, setCookie } from './cookies.ts';
import { formAction, inOrder, listAt } from './flow-html.ts';
import { Unavailable } from './fresh-answers.ts';
import { escaped } from './html.ts';
import { textAt } from './kratos.ts';
import { loginStep } from './login-code.ts';

/** Flows to which a code is mailed, with the button that confirms. */
const buttons = { login: 'Sign in', registration: 'Create the account' } as const;
type MailedFlow = keyof typeof buttons;

/** Flow for which this browser waits for a mail: `login.ID`. */
const flowCookie = '__Host-mailed-code';
/** Validity of a code in seconds. */
const validSeconds = 15 * 60;

/** Cookies that make this the browser in which the link of a mail works: one if the flow is at its code, else none. */
export function mailedFlowCookies(kind: string, flow: unknown): string[] {
  const id = textAt(flow, 'id');
  if (!isMailed(kind) || textAt(flow, 'state') !== 'sent_email' || !/^[0-9a-f-]{36}$/.test(id)) return [];
  return [setCookie(flowCookie, `${kind}.${id}`, validSeconds)];
}

/**
 * `/link`: the page of the link in a mail. It shows the form of the flow that began in this browser, with the code filled in; only its
 * button, which Kratos' CSRF token protects, uses the code up. So a mail scanner that follows the link does no harm, and nobody can
 * sign somebody else's browser in.
 */
export async function mailedLinkPage(visit: Visit): Promise<void> {
  const { kratos, request, url } = visit;
  const code = url.searchParams.get('code') ?? '';
  if (!/^\d{6}$/.test(code)) return sendNoForm(visit, noCode);
  const [kind = '', id = ''] = (cookie(request.headers.cookie, flowCookie) ?? '').split('.');
  if (!isMailed(kind)) return sendNoForm(visit, otherBrowser);
  const begun = performance.now();
  const { status, body, cookies } = await kratos.flow(kind, id, request.headers.cookie);
  if (status === 404 || status === 410) return sendNoForm(visit, tooOld(kind));
  // After a sign-in Kratos has another CSRF token, so that the flow is not this browser's any more.
  if (status === 403) return sendNoForm(visit, otherBrowser);
  if (status !== 200) throw new Unavailable(`Kratos answers ${status} to a flow`);
  const flow = kind === 'login' ? (await loginStep(visit, body, null, begun)).flow : body;
  if (textAt(flow, 'state') !== 'sent_email') return sendNoForm(visit, otherBrowser);
  sendPage(visit, 200, buttons[kind], confirmation(kind, flow, code), cookies);
}

function isMailed(kind: string): kind is MailedFlow {
  return Object.hasOwn(buttons, kind);
}

/** The fields of the flow that Kratos filled in, hidden, with the code, and one button. */
function confirmation(kind: MailedFlow, flow: unknown, code: string): string {
  const given = inOrder(listAt(flow, 'ui', 'nodes'))
    .filter((node) => !['', 'submit', 'button'].includes(textAt(node, 'attributes', 'type')))
    .map((node) => ({ name: textAt(node, 'attributes', 'name'), value: textAt(node, 'attributes', 'value') }))
    .filter(({ name }) => name !== 'method' && name !== 'code');
  const address = given.find(({ name }) => name === 'identifier' || name === 'traits.email')?.value ?? '';
  const fields = [...given, { name: 'code', value: code }].map(
    ({ name, value }) => `<input type="hidden" name="${escaped(name)}" value="${escaped(value)}">`,
  );
  return `<p>You asked for this with the address <strong>${escaped(address)}</strong>.</p>
<form method="post" action="${escaped(formAction(textAt(flow, 'ui', 'action')))}">
${fields.join('\n')}
<button type="submit" name="method" value="code">${buttons[kind]}</button>
</form>`;
}

/** Why the link shows no form. */
interface NoForm {
  status: number;
  title: string;
  text: string[];
  /** Page of a new flow. */
  next: '/login' | '/registration';
}

const noCode: NoForm = {
  status: 400,
  title: 'This link is incomplete',
  text: [
    'It has no code of six digits. Open the whole link of the mail, or type its code on the page that asks for it.',
  ],
  next: '/login',
};

const otherBrowser: NoForm = {
  status: 403,
  title: 'This link does not work here',
  text: [
    'It works once, in the browser in which the mail was asked for. Open it there, or type the code of the mail there.',
    'If you did not ask for the mail, do nothing.',
  ],
  next: '/login',
};

const tooOld = (kind: MailedFlow): NoForm => ({
  status: 410,
  title: 'This link is too old',
  text: ['Nothing was carried out. Begin again, and have another mail sent.'],
  next: `/${kind}`,
});

function sendNoForm(visit: Visit, { status, title, text, next }: NoForm): void {
  const lines = text.map((line) => `<p>${line}</p>`).join('\n');
  const link = `<nav aria-label="Further pages"><ul><li><a href="${next}">Begin again</a></li></ul></nav>`;
  sendPage(visit, status, title, `${lines}\n${link}`);
}
