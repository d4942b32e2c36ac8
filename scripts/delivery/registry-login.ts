import {
  basic,
  type Challenge,
  type Credentials,
  credentialsOf,
  parseChallenge,
  tokenOf,
  tokenRequest,
} from '../../images/pull/index.ts';
import { Failure } from '../cli/failure.ts';

/**
 * The login for a registry: from `PLINTH_REGISTRY_USER` and `PLINTH_REGISTRY_PASSWORD`, else from the files of `docker login`
 * or `podman login`; undefined if there is none.
 * @throws Failure if only one of the two variables is set.
 */
export async function registryLogin(
  host: string,
  report: (message: string) => void,
): Promise<Credentials | undefined> {
  const { PLINTH_REGISTRY_USER: username, PLINTH_REGISTRY_PASSWORD: secret } = process.env;
  if (username && secret) return { username, secret };
  if (username || secret) {
    throw new Failure(
      `PLINTH_REGISTRY_${username ? 'PASSWORD' : 'USER'} is not set, and the other half of the login is.`,
      'Set both, or neither: then the login of docker or podman is used.',
    );
  }
  return credentialsOf({ host, path: '' }, report).catch((error: unknown) => {
    throw new Failure(
      error instanceof Error ? error.message : String(error),
      'Then type the same command again.',
    );
  });
}

/**
 * A `fetch` for one repository of the registry at `url` that answers the registry's challenge: with user name and password, or with
 * a token from its token server (https://distribution.github.io/distribution/spec/auth/token/). An expired token is fetched
 * again. A request with a stream as its body cannot be repeated: it fails with 401.
 */
export function withLogin(
  url: string,
  login: Credentials | undefined,
  scope: string,
): (url: URL, init: RequestInit) => Promise<Response> {
  const { origin } = new URL(url);
  let authorization: string | undefined;
  const ask = (url: URL, init: RequestInit): Promise<Response> => {
    const headers = new Headers(init.headers);
    // If uploads go to another host, the upload address itself is the permission.
    if (authorization !== undefined && url.origin === origin) headers.set('authorization', authorization);
    return fetch(url, { ...init, headers });
  };
  return async (url, init) => {
    const answer = await ask(url, init);
    if (answer.status !== 401) return answer;
    const challenge = parseChallenge(answer.headers.get('www-authenticate'));
    const next = challenge && (await authorize(challenge, { login, scope, origin }));
    // The same credentials would get the same answer.
    if (next === undefined || next === authorization) return answer;
    authorization = next;
    if (init.body instanceof ReadableStream) return answer;
    await answer.body?.cancel();
    return ask(url, init);
  };
}

async function authorize(
  challenge: Challenge,
  { login, scope, origin }: { login: Credentials | undefined; scope: string; origin: string },
): Promise<string | undefined> {
  if (challenge.scheme === 'basic') return login && basic(login);
  const { url, init } = tokenRequest(challenge, scope, login);
  if (origin.startsWith('https:') && !url.startsWith('https:')) {
    throw new Failure(
      `the registry at ${origin} wants the login sent to ${new URL(url).origin}, without TLS.`,
      'Have its realm begin with https://; nothing was sent.',
    );
  }
  const answer = await fetch(url, init);
  const token = answer.ok ? tokenOf(await answer.text()) : undefined;
  return token && `Bearer ${token}`;
}
