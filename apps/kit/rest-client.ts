/*
 * A client of a REST face for browsers and Node: it imports nothing. The types and routes of a service are generated,
 * such as those in generated/accounts-rest.ts.
 */

/** Where an operation is. */
export interface RestRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
}

/** From the name of an operation to what it takes and gives. */
type Operations<Api> = { [Id in keyof Api]: { request: object; answer: unknown } };

/** A function for each operation. */
export type RestClient<Api extends Operations<Api>> = {
  [Id in keyof Api]: (request: Api[Id]['request'], signal?: AbortSignal) => Promise<Api[Id]['answer']>;
};

export interface RestClientInput<Api> {
  routes: { readonly [Id in keyof Api]: RestRoute };
  /** Put before each path, such as `/api/accounts`. Default: none. */
  base?: string;
  /** Default: the global `fetch`. */
  fetch?: typeof globalThis.fetch;
  /** Takes up changed rights, before the request is sent once more. Default: `POST /.sign-in/revalidate`. */
  revalidate?: () => Promise<void>;
}

/** An answer that is no success. */
export class RestRefusal extends Error {
  override readonly name = 'RestRefusal';
  /** Status of HTTP. */
  readonly status: number;
  /** For programs, such as `not_found` or `not_signed_in`. */
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Code of a request that was refused since the person's rights changed: nothing of it was carried out. */
export const needsRevalidation = 'session_needs_revalidation';

/**
 * Makes a client. A request that is refused with `session_needs_revalidation` is sent once more after the session was
 * revalidated: the caller loses nothing. Every other refusal is thrown as RestRefusal.
 */
export function restClient<Api extends Operations<Api>>(input: RestClientInput<Api>): RestClient<Api> {
  const { routes } = input;
  const call = async (id: keyof Api, request: object, signal?: AbortSignal): Promise<unknown> => {
    try {
      return await send(input, routes[id], request, signal);
    } catch (error) {
      if (!(error instanceof RestRefusal) || error.code !== needsRevalidation) throw error;
      await (input.revalidate ?? (() => revalidateAt(input.fetch)))();
      return send(input, routes[id], request, signal);
    }
  };
  const functions = Object.keys(routes).map((id) => [
    id,
    (request: object, signal?: AbortSignal) => call(id as keyof Api, request, signal),
  ]);
  return Object.fromEntries(functions) as RestClient<Api>;
}

async function revalidateAt(fetch: typeof globalThis.fetch = globalThis.fetch): Promise<void> {
  const response = await fetch('/.sign-in/revalidate', {
    method: 'POST',
    headers: { accept: 'application/json' },
  });
  if (!response.ok) throw await refusalOf(response);
}

async function send<Api>(
  { base = '', fetch = globalThis.fetch }: RestClientInput<Api>,
  { method, path }: RestRoute,
  request: object,
  signal?: AbortSignal,
): Promise<unknown> {
  const left = new Map(Object.entries(request).filter(([, value]) => value !== undefined));
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => {
    const value = left.get(name);
    left.delete(name);
    return encodeURIComponent(String(value));
  });
  const hasBody = method !== 'GET' && method !== 'DELETE' && left.size > 0;
  const query = hasBody
    ? ''
    : new URLSearchParams(
        Object.fromEntries([...left].map(([name, value]) => [name, `${value}`])),
      ).toString();
  const response = await fetch(`${base}${filled}${query === '' ? '' : `?${query}`}`, {
    method,
    headers: { accept: 'application/json', ...(hasBody ? { 'content-type': 'application/json' } : {}) },
    ...(hasBody ? { body: JSON.stringify(Object.fromEntries(left)) } : {}),
    ...(signal === undefined ? {} : { signal }),
  });
  if (!response.ok) throw await refusalOf(response);
  return response.status === 204 ? {} : response.json();
}

async function refusalOf(response: Response): Promise<RestRefusal> {
  const body: unknown = await response.json().catch(() => undefined); // no JSON: its status says it all
  const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined;
  const text = (name: string): string | undefined => {
    const value: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
    return typeof value === 'string' ? value : undefined;
  };
  const message = text('message') ?? (response.statusText || `status ${response.status}`);
  return new RestRefusal(response.status, text('code') ?? `http_${response.status}`, message);
}
