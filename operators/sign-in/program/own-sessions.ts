import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders, ownHeaders, type Refused, refuse } from './answers.ts';
import type { AppConfig } from './config.ts';
import { Unavailable } from './fresh-answers.ts';
import type { Kratos } from './kratos.ts';
import { listedSession, listedSessions } from './session-list.ts';
import type { Session } from './sessions.ts';

/** Path of the sessions of a visitor, at the host of each app. */
export const sessionsPath = '/.sign-in/sessions';

/** Whether a path is answered by `answerOwnSessions`. */
export function isOfSessions(path: string): boolean {
  return path === sessionsPath || path.startsWith(`${sessionsPath}/`);
}

interface OwnSessionsInput {
  app: AppConfig;
  kratos: Pick<Kratos, 'callWithRepeats'>;
  /** Cookie of the visitor's session for Kratos. */
  cookie: string;
  session: Session;
  path: string;
  request: IncomingMessage;
  response: ServerResponse;
}

/**
 * The sessions of a visitor as JSON, by Kratos' API for people ('List My Active Sessions', 'Disable one of my sessions'): GET lists
 * them, DELETE ends all others, and DELETE of `/ID` one of them. Throws Unavailable.
 */
export async function answerOwnSessions(input: OwnSessionsInput): Promise<void> {
  const { app, kratos, session, path, request, response } = input;
  if (session.actor !== undefined)
    return refuse(request, response, ofAdministrator, corsHeaders(request, app.origins));
  const headers = { cookie: input.cookie };
  const shared = { ...ownHeaders, ...corsHeaders(request, app.origins) };
  const [, id] = /^\/\.sign-in\/sessions\/([0-9a-f-]{36})$/.exec(path) ?? [];
  if (request.method === 'GET' && path === sessionsPath) {
    const [own, others] = await Promise.all([
      kratos.callWithRepeats('GET', '/sessions/whoami', headers),
      kratos.callWithRepeats('GET', '/sessions?per_page=100', headers),
    ]);
    if (own.status !== 200 || others.status !== 200)
      throw new Unavailable(`Kratos answers ${own.status} and ${others.status} to a list of sessions`);
    const sessions = [
      { ...listedSession(own.body), isThis: true },
      ...listedSessions(others.body).map((each) => ({ ...each, isThis: false })),
    ];
    response
      .writeHead(200, { ...shared, 'content-type': 'application/json' })
      .end(`${JSON.stringify({ sessions })}\n`);
    return;
  }
  if (request.method !== 'DELETE' || (path !== sessionsPath && id === undefined))
    return refuse(request, response, nothingHere, corsHeaders(request, app.origins));
  if (id === session.id) return refuse(request, response, thisOne, corsHeaders(request, app.origins));
  const { status } = await kratos.callWithRepeats(
    'DELETE',
    id === undefined ? '/sessions' : `/sessions/${id}`,
    headers,
  );
  // One that had ended before is no error.
  if (![200, 204, 404].includes(status))
    throw new Unavailable(`Kratos answers ${status} to the end of a session`);
  response.writeHead(204, shared).end();
}

const nothingHere: Refused = {
  status: 404,
  code: 'not_found',
  title: 'Nothing is here',
  text: [
    `GET and DELETE of ${sessionsPath}, and DELETE of ${sessionsPath}/ID, are the sessions of the person.`,
  ],
};

const ofAdministrator: Refused = {
  status: 403,
  code: 'impersonating',
  title: 'These are your own sessions',
  text: ['You act as somebody else, whose sessions are not shown here. Stop that first.'],
};

const thisOne: Refused = {
  status: 409,
  code: 'own_session',
  title: 'This is the session of this browser',
  text: ['Sign out to end it.'],
  link: { to: '/.sign-in/out', text: 'Sign out' },
};
