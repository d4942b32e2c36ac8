import { readForm, sendPage, type Visit } from './account-visit.ts';
import { redirect, refuse } from './answers.ts';
import type { JsonAnswer } from './ask-json.ts';
import { cookie } from './cookies.ts';
import { listAt } from './flow-html.ts';
import { Unavailable } from './fresh-answers.ts';
import { escaped } from './html.ts';
import { textAt } from './kratos.ts';
import { isFromElsewhere } from './origin.ts';

/** Maximum size in bytes of a form that this program handles. */
const mostBytes = 4_096;

export const signOutForm = `<p>You are signed out of every app in this browser within two seconds.</p>
<form method="post" action="/sign-out"><button type="submit" name="what" value="here">Sign out</button>
<button type="submit" name="what" value="everywhere">Sign out everywhere</button></form>
<nav aria-label="Further pages"><ul><li><a href="/settings">Your account</a></li></ul></nav>`;

/** The page with all sessions of the person. */
export async function sessionsPage(visit: Visit): Promise<void> {
  const { kratos, request, response } = visit;
  const headers = { cookie: request.headers.cookie ?? '' };
  const own = await kratos.callWithRepeats('GET', '/sessions/whoami', headers);
  if (own.status !== 200) return redirect(response, 303, '/login?return_to=/sessions');
  const others = await kratos.callWithRepeats('GET', '/sessions?per_page=100', headers);
  const row = (session: unknown, isOwn: boolean) => {
    const device = listAt(session, 'devices')[0];
    const agent = textAt(device, 'user_agent') || 'Unknown browser';
    const where = [textAt(device, 'location'), textAt(device, 'ip_address')]
      .filter((text) => text !== '')
      .join(', ');
    const end = isOwn
      ? '<p>This browser</p>'
      : `<form method="post" action="/sessions"><input type="hidden" name="id" value="${escaped(textAt(session, 'id'))}"><button type="submit">End this session</button></form>`;
    return `<li><p>${escaped(agent)}${where === '' ? '' : `<br>${escaped(where)}`}<br>since <time>${escaped(textAt(session, 'authenticated_at'))}</time></p>${end}</li>`;
  };
  if (others.status !== 200) throw new Unavailable(`Kratos answers ${others.status} to a list of sessions`);
  const list = Array.isArray(others.body) ? others.body : [];
  sendPage(
    visit,
    200,
    'Your sessions',
    `<ul>${row(own.body, true)}${list.map((each) => row(each, false)).join('')}</ul>
<form method="post" action="/sessions"><button type="submit" name="what" value="others">End all others</button></form>
<nav aria-label="Further pages"><ul><li><a href="/settings">Your account</a></li><li><a href="/sign-out">Sign out</a></li></ul></nav>`,
  );
}

/** Ends sessions. Requests of other origins, or without an origin, are refused. */
export async function changeSessions(visit: Visit): Promise<void> {
  const { config, kratos, sessions, request, response, url } = visit;
  const { origin, 'sec-fetch-site': site } = request.headers;
  const isUnknown = origin === undefined && site === undefined;
  if (isUnknown || isFromElsewhere(request.headers, [config.accounts]))
    return refuse(request, response, {
      status: 403,
      code: 'foreign_origin',
      title: 'Not from this site',
      text: ['Another site sent this form in your name. Nothing was changed.'],
    });
  const form = new URLSearchParams(await readForm(request, mostBytes));
  const headers = { cookie: request.headers.cookie ?? '' };
  const [what, id] = [form.get('what'), form.get('id') ?? ''];
  if (what === 'others' || what === 'everywhere')
    done(await kratos.callWithRepeats('DELETE', '/sessions', headers));
  if (/^[0-9a-f-]{36}$/.test(id)) done(await kratos.callWithRepeats('DELETE', `/sessions/${id}`, headers));
  if (url.pathname === '/sessions') return redirect(response, 303, '/sessions');
  const value = cookie(headers.cookie, config.kratosCookie);
  if (value !== undefined) sessions.forget(`${config.kratosCookie}=${value}`);
  const logout = await kratos.callWithRepeats('GET', '/self-service/logout/browser', headers);
  if (logout.status === 401) return redirect(response, 303, '/login');
  const to = textAt(logout.body, 'logout_url');
  if (logout.status !== 200 || !URL.canParse(to))
    throw new Unavailable(`Kratos answers ${logout.status} to a sign-out`);
  const { pathname, search } = new URL(to);
  redirect(response, 303, `${pathname}${search}`, logout.cookies);
}

/** Checks the response to the end of a session; it is no error if the session had ended before. */
function done({ status }: JsonAnswer): void {
  if (status !== 200 && status !== 204 && status !== 401 && status !== 404)
    throw new Unavailable(`Kratos answers ${status} to the end of a session`);
}
