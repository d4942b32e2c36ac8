import { Readable } from 'node:stream';
import { digestOf } from './digest.ts';
import { manifestTypes } from './media-types.ts';

/** A repository of a registry that is reached without TLS or a password: `http://127.0.0.1:5001`, `docker.io/library/debian`. */
export interface RegistryRepository {
  url: string;
  path: string;
  /** What to look at where it does not answer well. */
  hint?: string;
}

/** The digest of a manifest that the registry has under a tag or digest; `undefined` where it has none. */
export async function headManifest(
  repository: RegistryRepository,
  reference: string,
): Promise<string | undefined> {
  const response = await call(repository, `manifests/${reference}`, {
    method: 'HEAD',
    headers: { accept: manifestTypes.join(', ') },
  });
  if (response.status === 404) return undefined;
  expect(response, [200], repository, `manifest ${reference}`);
  return response.headers.get('docker-content-digest') ?? undefined;
}

/** Puts a manifest under a tag and returns its digest. All that it names must be there. */
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
  expect(response, [201], repository, `manifest ${tag}`);
  return digestOf(text);
}

/** The size of a blob; `undefined` where the registry has none of this digest. */
export async function headBlob(repository: RegistryRepository, digest: string): Promise<number | undefined> {
  const response = await call(repository, `blobs/${digest}`, { method: 'HEAD' });
  if (response.status === 404) return undefined;
  expect(response, [200], repository, `blob ${digest}`);
  return Number(response.headers.get('content-length'));
}

/** Lets a repository have a blob that another one of the same registry holds. Returns whether it could. */
export async function mountBlob(
  repository: RegistryRepository,
  digest: string,
  from: string,
): Promise<boolean> {
  const query = new URLSearchParams({ mount: digest, from });
  const response = await call(repository, `blobs/uploads/?${query}`, { method: 'POST' });
  expect(response, [201, 202], repository, `blob ${digest}`);
  return response.status === 201;
}

/** Sends a blob. The registry refuses it where its content has another digest. */
export async function putBlob(
  repository: RegistryRepository,
  content: AsyncIterable<Uint8Array>,
  digest: string,
  signal?: AbortSignal,
): Promise<void> {
  const started = await call(repository, 'blobs/uploads/', { method: 'POST' });
  expect(started, [202], repository, 'an upload');
  const sent = await call(repository, location(started), {
    method: 'PATCH',
    headers: { 'content-type': 'application/octet-stream' },
    body: Readable.toWeb(Readable.from(content)),
    duplex: 'half',
    ...(signal === undefined ? {} : { signal }),
  });
  expect(sent, [202], repository, 'an upload');
  const end = new URL(location(sent), repository.url);
  end.searchParams.set('digest', digest);
  const ended = await call(repository, end.href, { method: 'PUT', headers: { 'content-length': '0' } });
  expect(ended, [201], repository, `blob ${digest}`);
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
    return await fetch(url, options as RequestInit);
  } catch (error) {
    options.signal?.throwIfAborted();
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new Error(
      `the registry at ${repository.url} does not answer (${cause}). ${repository.hint ?? ''}`.trimEnd(),
    );
  }
}

function location(response: Response): string {
  return response.headers.get('location') ?? '';
}

function expect(response: Response, statuses: number[], repository: RegistryRepository, what: string): void {
  if (statuses.includes(response.status)) return;
  throw new Error(
    `the registry at ${repository.url} answered ${response.status} ${response.statusText} for ${what} of ` +
      `${repository.path}. ${repository.hint ?? ''}`.trimEnd(),
  );
}
