import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders } from './answers.ts';
import type { AppConfig } from './config.ts';

/** Whether a request is a CORS preflight. */
export function isPreflight({ method, headers }: IncomingMessage): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}

/** Answers a preflight for the app's own origins, because it never has a cookie (Fetch, 'CORS-preflight request'). */
export function answerPreflight(app: AppConfig, request: IncomingMessage, response: ServerResponse): void {
  const cors = corsHeaders(request, app.origins);
  if (cors['access-control-allow-origin'] === undefined) return void response.writeHead(403, cors).end();
  const wanted = request.headers['access-control-request-headers'];
  response
    .writeHead(204, {
      ...cors,
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
      ...(wanted === undefined ? {} : { 'access-control-allow-headers': wanted }),
      'access-control-max-age': '600',
    })
    .end();
}
