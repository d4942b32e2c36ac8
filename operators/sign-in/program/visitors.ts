import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { refuse } from './answers.ts';
import type { AppConfig, SignInConfig } from './config.ts';
import { count } from './counters.ts';
import type { Door } from './door.ts';
import { Unavailable } from './fresh-answers.ts';
import { log } from './log.ts';

const limits = {
  headersTimeout: 10_000,
  requestTimeout: 300_000,
  connectionsCheckingInterval: 1_000,
  keepAliveTimeout: 75_000,
};
const mostConnections = 4_096;

/** Handles a request to the host of accounts. */
export type Pages = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

interface Place {
  app: AppConfig;
  origin: string;
}

/** The port for requests from the gateway, which selects the app by the Host header. */
export function visitorServer(config: SignInConfig, door: Door, pages: Pages): Server {
  const places = new Map<string, Place>(
    config.apps.flatMap((app) =>
      app.origins.map((origin): [string, Place] => [new URL(origin).host, { app, origin }]),
    ),
  );
  const accounts = new URL(config.accounts).host;
  const server = createServer(limits, (request, response) => {
    const place = places.get(hostOf(request));
    const carriedOut = !request.url?.startsWith('/')
      ? Promise.resolve(refuse(request, response, noPath))
      : place !== undefined
        ? door.handle(place.app, place.origin, request, response)
        : hostOf(request) === accounts
          ? pages(request, response)
          : Promise.resolve(refuse(request, response, misdirected));
    carriedOut.catch((error: unknown) => fail(error, place?.app.name, request, response));
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const place = places.get(hostOf(request));
    if (place === undefined || !request.url?.startsWith('/')) return void socket.destroy();
    door.upgrade(place.app, place.origin, request, socket, head).catch((error: unknown) => {
      note(error, place.app.name);
      if (socket.writable)
        socket.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    });
  });
  server.maxConnections = mostConnections;
  return server;
}

/** The requested host in lower case, with its port unless that is the default of HTTPS. */
function hostOf({ headers }: IncomingMessage): string {
  return (headers.host ?? '').toLowerCase().replace(/:443$/, '');
}

function note(error: unknown, app = 'accounts'): void {
  if (error instanceof Unavailable) {
    count(app, 'unavailable');
    log('warn', 'nobody could be asked who a visitor is', { app, error: error.message });
  } else log('error', 'a request failed', { app, error });
}

function fail(
  error: unknown,
  app: string | undefined,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  note(error, app);
  if (response.headersSent) return void response.destroy();
  refuse(request, response, error instanceof Unavailable ? away : fault, { 'retry-after': '2' });
}

const misdirected = {
  status: 421,
  code: 'unknown_host',
  title: 'Nothing is here',
  text: ['No app that needs a sign-in has this host name.'],
};

const noPath = {
  status: 400,
  code: 'no_path',
  title: 'This is no path',
  text: ['A request names a path that begins with a slash.'],
};

const away = {
  status: 503,
  code: 'sign_in_unavailable',
  title: 'The sign-in does not answer',
  text: ['Nobody can be let in just now, and you were not signed out. Try again in a moment.'],
};

const fault = {
  status: 500,
  code: 'fault',
  title: 'Something went wrong here',
  text: ['The log of the platform says what. Try again in a moment.'],
};
