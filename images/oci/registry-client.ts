import { Readable } from 'node:stream';
import { z } from 'zod';
import { digestOf } from './digest.ts';
import { manifestTypes } from './media-types.ts';

/** A repository of a registry: `http://127.0.0.1:5001`, `docker.io/library/debian`. */
export interface RegistryRepository {
  url: string;
  path: string;
  /** Sends each request, with a login for example. Default: `fetch`, without a login. */
  fetch?: (url: URL, init: RequestInit) => Promise<Response>;
  /** Advice to add to errors. Default: none. */
  hint?: string;
}

/** A registry that does not answer, or answers with an error. */
export class RegistryError extends Error {
  override readonly name = 'RegistryError';
  /** HTTP status; undefined without an answer. */
  readonly status: number | undefined;
  /** Whether the request had a body that cannot be sent again. */
  readonly sent: boolean;

  /** @param cause Of a request without an answer: what was thrown. */
  constructor(
    message: string,
    { status, sent = false, cause }: { status?: number; sent?: boolean; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.sent = sent;
  }

  /** The error of a response, with the registry's own messages (OCI Distribution Specification, 'Error Codes'). */
  static async of(response: Response, { url, path, hint }: RegistryRepository, what: string, sent = false) {
    const said = errorsSchema.safeParse(await response.json().catch(() => undefined)).data?.errors ?? [];
    const reasons = said.map(({ code, message, detail }) =>
      [code, message, typeof detail === 'string' ? detail : detail && JSON.stringify(detail)]
        .filter((part) => part)
        .join(' '),
    );
    const status = `${response.status} ${response.statusText}`;
    const text = `the registry at ${url} answered ${status} for ${what} of ${path}`;
    return new RegistryError(`${[text, ...reasons].join(': ')}. ${hint ?? ''}`.trimEnd(), {
      status: response.status,
      sent,
    });
  }
}

const errorsSchema = z.object({
  errors: z.array(
    z.object({ code: z.string(), message: z.string().optional(), detail: z.unknown().optional() }),
  ),
});

/** Digest of the manifest under a tag or digest; undefined if the registry lacks it. */
export async function headManifest(
  repository: RegistryRepository,
  reference: string,
): Promise<string | undefined> {
  const response = await call(repository, `manifests/${reference}`, {
    method: 'HEAD',
    headers: { accept: manifestTypes.join(', ') },
  });
  if (response.status === 404) return undefined;
  await expect(response, [200], repository, `manifest ${reference}`);
  return response.headers.get('docker-content-digest') ?? undefined;
}

/** Puts a manifest under a tag and returns its digest. The registry must have its blobs. */
export async function putManifest(
  repository: RegistryRepository,
  tag: string,
  type: string,
  text: string,
): Promise<string> {
  const response = await call(repository, `manifests/${tag}`, {
    method: 'PUT',
    headers: { 'content-type': type },
    body: text,
  });
  await expect(response, [201], repository, `manifest ${tag}`);
  return digestOf(text);
}

/** Size of a blob in bytes; undefined if the registry lacks it. */
export async function headBlob(repository: RegistryRepository, digest: string): Promise<number | undefined> {
  const response = await call(repository, `blobs/${digest}`, { method: 'HEAD' });
  if (response.status === 404) return undefined;
  await expect(response, [200], repository, `blob ${digest}`);
  return Number(response.headers.get('content-length'));
}

/** Adds a blob of another repository of the same registry to this one. Returns whether the registry did it. */
export async function mountBlob(
  repository: RegistryRepository,
  digest: string,
  from: string,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  const response = await call(repository, `blobs/uploads/?${query}`, { method: 'POST' });
  await expect(response, [201, 202], repository, `blob ${digest}`);
  return response.status === 201;
}

/** Sends a blob. The registry refuses content with another digest. */
export async function putBlob(
  repository: RegistryRepository,
  content: AsyncIterable<Uint8Array>,
  digest: string,
  signal?: AbortSignal,
): Promise<void> {
  const started = await call(repository, 'blobs/uploads/', { method: 'POST' });
  await expect(started, [202], repository, 'an upload');
  const sent = await call(repository, location(started), {
    method: 'PATCH',
    headers: { 'content-type': 'application/octet-stream' },
    body: Readable.toWeb(Readable.from(content)),
    duplex: 'half',
    ...(signal === undefined ? {} : { signal }),
  });
  await expect(sent, [202], repository, 'an upload', true);
  const end = new URL(location(sent), repository.url);
  end.searchParams.set('digest', digest);
  const ended = await call(repository, end.href, { method: 'PUT', headers: { 'content-length': '0' } });
  await expect(ended, [201], repository, `blob ${digest}`);
}

interface Call {
  method?: string;
  headers?: Record<string, string>;
  body?: string | ReturnType<typeof Readable.toWeb>;
  duplex?: 'half';
  signal?: AbortSignal;
}

async function call(repository: RegistryRepository, what: string, options: Call): Promise<Response> {
  const url = new URL(what, `${repository.url}/v2/${repository.path}/`);
  try {
    return await (repository.fetch ?? fetch)(url, options as RequestInit);
  } catch (error) {
    options.signal?.throwIfAborted();
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new RegistryError(
      `the registry at ${repository.url} does not answer (${cause}). ${repository.hint ?? ''}`.trimEnd(),
      { cause: error },
    );
  }
}

function location(response: Response): string {
  return response.headers.get('location') ?? '';
}

async function expect(
  response: Response,
  statuses: number[],
  repository: RegistryRepository,
  what: string,
  sent = false,
): Promise<void> {
  if (statuses.includes(response.status)) return;
  throw await RegistryError.of(response, repository, what, sent);
}
