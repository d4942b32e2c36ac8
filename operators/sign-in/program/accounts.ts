import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { type AccountsInput, sendPage, type Visit } from './account-visit.ts';
import { ownHeaders, redirect, refuse } from './answers.ts';
import { errorPage, flowPage } from './flow-pages.ts';
import { handOver } from './hand-over.ts';
import { passToKratos, submit } from './kratos-forms.ts';
import { mailedLinkPage } from './mailed-link.ts';
import { changeSessions, sessionsPage, signOutForm } from './session-pages.ts';
import { flows } from './texts.ts';
import { perAccount, perAddress, Tries } from './tries.ts';
import type { Pages } from './visitors.ts';

const files = new Map(
  [
    ['/style.css', 'text/css; charset=utf-8'],
    ['/passkeys.js', 'text/javascript; charset=utf-8'],
    ['/keep-fragment.js', 'text/javascript; charset=utf-8'],
  ].map(([path = '', type = '']) => [
    path,
    { type, content: readFileSync(new URL(`.${path}`, import.meta.url), 'utf8') },
  ]),
);

/** Paths of Kratos' public API for browsers. Encoded characters and `..` do not match, because Kratos could normalise them differently. */
const kratosPath = /^\/(self-service|\.well-known\/ory)(\/(?!\.\.)[\w.-]+)+(\?|$)/;

/** The host of accounts: pages for Kratos' flows, and Kratos' public API for browsers. */
export function accountPages(input: AccountsInput): Pages {
  const tries = { account: new Tries(perAccount), address: new Tries(perAddress) };
  return async (request, response) => {
    const url = new URL(`${input.config.accounts}${request.url}`);
    const visit = { ...input, tries, request, response, url };
    const { pathname } = url;
    if (kratosPath.test(request.url ?? ''))
      return request.method === 'POST' ? submit(visit) : passToKratos(visit);
    if (pathname === '/sessions' || pathname === '/sign-out') {
      if (request.method === 'POST') return changeSessions(visit);
    } else if (request.method === 'POST') return notAllowed(visit);
    if (request.method !== 'GET' && request.method !== 'HEAD') return notAllowed(visit);
    const file = files.get(pathname);
    if (file !== undefined) return sendFile(response, file);
    const flow = flows.find((each) => pathname === `/${each}`);
    if (flow !== undefined) return flowPage(visit, flow);
    switch (pathname) {
      case '/':
        return redirect(response, 303, '/settings');
      case '/sign-in':
        return handOver(handOverInput(input), request, response, url);
      case '/link':
        return mailedLinkPage(visit);
      case '/sessions':
        return sessionsPage(visit);
      case '/sign-out':
        return sendPage(visit, 200, 'Sign out', signOutForm);
      case '/error':
        return errorPage(visit);
      default:
        return refuse(request, response, {
          status: 404,
          code: 'not_found',
          title: 'Nothing is here',
          text: ['This address leads to no page.'],
          link: { to: '/', text: 'Your account' },
        });
    }
  };
}

function handOverInput({ config, sessions, codes }: AccountsInput) {
  const origins = new Set(config.apps.flatMap((app) => app.origins));
  return { accounts: config.accounts, kratosCookie: config.kratosCookie, origins, sessions, codes };
}

function sendFile(response: ServerResponse, { type, content }: { type: string; content: string }): void {
  response
    .writeHead(200, { ...ownHeaders, 'content-type': type, 'cache-control': 'max-age=300' })
    .end(content);
}

function notAllowed({ request, response }: Visit): void {
  refuse(request, response, {
    status: 405,
    code: 'method_not_allowed',
    title: 'This page is only read',
    text: ['Open it with GET.'],
  });
}
