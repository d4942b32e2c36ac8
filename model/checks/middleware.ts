import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { bodyMemory, bodySizes, mostBodyMemory } from '../middleware.ts';
import { diagnosticAt, type Loaded, reference } from '../reading/source.ts';
import { everyOrigin } from '../schema/cors.ts';
import type { Exposes } from '../schema/exposes.ts';

/** Limits and CORS must be what Traefik can keep, and what browsers and the sign-in proxy accept. */
export function checkMiddleware(app: Loaded<App>, exposes: Exposes): Diagnostic[] {
  return [
    ...checkBody(app, exposes),
    ...checkAnswer(app, exposes),
    ...checkBurst(app, exposes),
    ...checkCredentials(app, exposes),
    ...checkSetBefore(app, exposes),
    ...checkCorsUse(app, exposes),
  ];
}

function checkBody(app: Loaded<App>, { limits, protocol }: Exposes): Diagnostic[] {
  const { source } = app;
  const { body } = limits ?? {};
  if (body === undefined) return [];
  const path = ['exposes', 'limits', 'body'];
  if (protocol === 'grpc') {
    const words = {
      code: 'grpc-without-body-limit',
      what: "limits.body cannot be combined with protocol: 'grpc'",
      why: 'the gateway would hold the messages of a call until the call ends, so calls with a stream would not work',
      fix: 'remove limits.body: gRPC libraries have a limit for one message, usually 4 MiB',
    };
    return [diagnosticAt(source, path, words, 'key')];
  }
  if (limits?.inFlight === undefined) {
    const words = {
      code: 'body-limit-without-in-flight',
      what: 'limits.body needs limits.inFlight',
      why: 'the gateway holds each body in memory until it is complete, so many visitors with slow uploads could fill the memory of all apps',
      fix: 'add inFlight, such as inFlight: 20',
    };
    return [diagnosticAt(source, path, words, 'key')];
  }
  const sizes = bodySizes(app.value);
  if (sizes === undefined || sizes.body < 1 || sizes.answer < 1) return [noBytes(app)];
  const memory = bodyMemory(app.value);
  if (memory <= mostBodyMemory) return [];
  const words = {
    code: 'body-limit-too-large',
    what: `the bodies of '${app.name}' could take ${Math.ceil(memory / 2 ** 20)}Mi of the gateway's memory`,
    why: `it holds the body and the answer of each open request, and copies them twice while they grow; one app may take ${mostBodyMemory / 2 ** 20}Mi`,
    fix: 'write smaller limits for body, answer or inFlight; for large uploads remove body, and let the app limit them itself',
  };
  return [diagnosticAt(source, path, words)];
}

function noBytes({ source }: Loaded<App>): Diagnostic {
  const words = {
    code: 'no-bytes',
    what: 'limits.body or limits.answer is less than one byte',
    why: 'the gateway reads 0 as no limit',
    fix: "write a size such as '64Ki'",
  };
  return diagnosticAt(source, ['exposes', 'limits'], words, 'key');
}

function checkAnswer({ source }: Loaded<App>, { limits }: Exposes): Diagnostic[] {
  if (limits?.answer === undefined || limits.body !== undefined) return [];
  const words = {
    code: 'answer-limit-without-body',
    what: 'limits.answer needs limits.body',
    why: 'without a limit of bodies the gateway sends answers on while it receives them, and does not know their size',
    fix: 'remove answer, or add body',
  };
  return [diagnosticAt(source, ['exposes', 'limits', 'answer'], words, 'key')];
}

/** Traefik forgets the count of a limit after one to two seconds without a request (pkg/middlewares/ratelimiter). */
function checkBurst({ source }: Loaded<App>, { limits }: Exposes): Diagnostic[] {
  const { perSecond = 0, burst = perSecond } = limits?.rate ?? {};
  if (burst >= perSecond && burst <= 2 * perSecond) return [];
  const words = {
    code: 'burst-out-of-range',
    what: `limits.rate has a burst of ${burst} and ${perSecond} requests in a second`,
    why:
      burst < perSecond
        ? 'requests of one second that arrive together would be refused, although their rate is allowed'
        : 'after a pause of two seconds the gateway admits the whole burst again, so the rate would be higher than it says',
    fix: `write a burst from ${perSecond} to ${2 * perSecond}`,
  };
  return [diagnosticAt(source, ['exposes', 'limits', 'rate', 'burst'], words)];
}

/** With credentials, browsers refuse '*' as an origin and do not read it as a wildcard elsewhere (Fetch, 'CORS protocol and credentials'). */
function checkCredentials({ source }: Loaded<App>, { cors }: Exposes): Diagnostic[] {
  if (cors?.credentials !== true) return [];
  return (['origins', 'headers', 'exposedHeaders'] as const).flatMap((key) => {
    const index = cors[key].indexOf('*');
    if (index === -1) return [];
    const words = {
      code: 'cors-for-everyone-with-credentials',
      what: `cors.${key} has '${everyOrigin}', and cors.credentials is true`,
      why: `browsers do not accept '${everyOrigin}' for requests with credentials (${reference(source, ['exposes', 'cors', 'credentials'])})`,
      fix: `list the ${key === 'origins' ? "origins, such as 'https://www.example.org'" : 'headers'}, or remove credentials`,
    };
    return [diagnosticAt(source, ['exposes', 'cors', key, index], words)];
  });
}

/** A header of answers that both would set. */
function checkSetBefore({ source }: Loaded<App>, { cors, headers }: Exposes): Diagnostic[] {
  if (cors === undefined) return [];
  return Object.keys(headers.response)
    .filter((name) => /^access-control-/i.test(name))
    .map((name) =>
      diagnosticAt(
        source,
        ['exposes', 'headers', 'response', name],
        {
          code: 'header-of-cors',
          what: `headers.response sets '${name}', and cors sets the headers Access-Control-*`,
          why: `${reference(source, ['exposes', 'cors'])} has cors, and one of the two would replace the other`,
          fix: 'remove this header, and write it in cors',
        },
        'key',
      ),
    );
}

function checkCorsUse({ source }: Loaded<App>, { cors, protocol, signIn }: Exposes): Diagnostic[] {
  if (cors === undefined) return [];
  const refused = (code: string, what: string, why: string, fix: string) =>
    diagnosticAt(source, ['exposes', 'cors'], { code, what, why, fix }, 'key');
  return [
    ...(protocol === 'grpc'
      ? [
          refused(
            'grpc-without-cors',
            "cors cannot be combined with protocol: 'grpc'",
            'browsers cannot make gRPC calls, and nothing else reads the headers of CORS',
            'remove cors or protocol',
          ),
        ]
      : []),
    ...(signIn
      ? [
          refused(
            'cors-with-sign-in',
            'cors cannot be combined with signIn',
            'the sign-in proxy refuses requests from pages of other origins, which would act as the signed-in person',
            'remove cors; a page at another name of the same app needs none: exposes.hosts',
          ),
        ]
      : []),
  ];
}
