import { existsSync, readFileSync } from 'node:fs';
import { type IncomingMessage, get as overHttp } from 'node:http';
import { get as overHttps } from 'node:https';

/** Address and credentials of an API server, or of a store of signals. */
export interface ApiServer {
  /** `https://10.96.0.1:443`; `http://…` for `kubectl proxy` and tests. */
  url: string;
  /**
   * Folder with `token` and `ca.crt`, as Kubernetes mounts it for a service account. It is read for every
   * request, because both rotate.
   */
  account?: string;
  /**
   * Folder with `roots.pem`, the roots to trust, and `tls.crt` and `tls.key` where the server asks for a certificate. It is read
   * for every request, because certificates are renewed.
   */
  identity?: string;
}

/** The API server answered with a status other than 200. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const mounted = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The API server of the cluster in which this process runs; `PLINTH_API` sets another one. */
export function apiServer(env: NodeJS.ProcessEnv): ApiServer {
  if (env.PLINTH_API) return { url: env.PLINTH_API };
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port = '443' } = env;
  if (!host) {
    throw new Error(
      'not in a cluster: KUBERNETES_SERVICE_HOST is not set.\n' +
        "  For a cluster from outside: 'kubectl proxy', then PLINTH_API=http://127.0.0.1:8001 node src/server.ts",
    );
  }
  return { url: `https://${host.includes(':') ? `[${host}]` : host}:${port}`, account: mounted };
}

/** Requests one JSON document. */
export async function getJson(api: ApiServer, path: string, signal: AbortSignal): Promise<unknown> {
  return JSON.parse(await getText(api, path, signal));
}

/** Requests a whole answer as text. */
export async function getText(api: ApiServer, path: string, signal: AbortSignal): Promise<string> {
  return text(await send(api, path, signal, 30_000));
}

/**
 * A stream of JSON documents, one per line; ends with the server's response, and throws if the connection
 * breaks.
 */
export async function* getJsonLines(
  api: ApiServer,
  path: string,
  signal: AbortSignal,
  idleMs: number,
): AsyncGenerator<unknown> {
  const response = await send(api, path, signal, idleMs);
  response.setEncoding('utf8');
  let rest = '';
  for await (const chunk of response) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line);
  }
}

async function send(
  api: ApiServer,
  path: string,
  signal: AbortSignal,
  idleMs: number,
): Promise<IncomingMessage> {
  const url = new URL(path, api.url);
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': 'plinth-home' };
  if (api.account) headers.authorization = `Bearer ${readFileSync(`${api.account}/token`, 'utf8').trim()}`;
  const options = { headers, signal, timeout: idleMs, ...trustOf(api) };
  const get = url.protocol === 'https:' ? overHttps : overHttp;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, options, resolve);
    request.on('timeout', () =>
      request.destroy(new Error(`no data from ${url.host} for ${idleMs / 1000} s`)),
    );
    request.on('error', reject);
  });
  if (response.statusCode === 200) return response;
  throw new ApiError(response.statusCode ?? 0, statusMessage(await text(response)));
}

/** What a TLS connection trusts and shows. */
function trustOf({ account, identity }: ApiServer): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  if (account !== undefined) return { ca: readFileSync(`${account}/ca.crt`) };
  if (identity === undefined) return {};
  const ca = readFileSync(`${identity}/roots.pem`);
  if (!existsSync(`${identity}/tls.key`)) return { ca };
  return { ca, cert: readFileSync(`${identity}/tls.crt`), key: readFileSync(`${identity}/tls.key`) };
}

async function text(response: IncomingMessage): Promise<string> {
  response.setEncoding('utf8');
  let all = '';
  for await (const chunk of response) all += chunk;
  return all;
}

function statusMessage(body: string): string {
  try {
    const status: unknown = JSON.parse(body);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status object, but plain text or a message of a proxy.
  }
  return body.trim().slice(0, 200);
}
