import { expect, it } from 'vitest';
import { digestOf, type RegistryRepository } from '../../images/oci/index.ts';
import { copyBetween } from './copy-image.ts';

const layer = 'the content of a layer';
const config = '{}';
const blobOf = (text: string, type: string) => ({
  mediaType: type,
  digest: digestOf(text),
  size: text.length,
});
const manifest = JSON.stringify({
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: blobOf(config, 'application/vnd.oci.image.config.v1+json'),
  layers: [blobOf(layer, 'application/vnd.oci.image.layer.v1.tar+gzip')],
});
const image = { tag: 'v1', digest: digestOf(manifest) };

/** A registry with the image, which gives these texts or errors for the layer, one after another; the last one again and again. */
function source(...answers: (string | Error)[]): RegistryRepository {
  let asked = 0;
  const fetch = async ({ pathname }: URL): Promise<Response> => {
    if (pathname.endsWith(digestOf(layer))) {
      const answer = answers[Math.min(asked++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return new Response(answer);
    }
    return new Response(pathname.includes('/manifests/') ? manifest : config);
  };
  return { url: 'http://source.example.org', path: 'shop', fetch };
}

/** An empty registry that compares digests. */
function target(): { repository: RegistryRepository; has: Set<string> } {
  const has = new Set<string>();
  let sent = '';
  const fetch = async (url: URL, { method, body }: RequestInit): Promise<Response> => {
    if (method === 'HEAD') return new Response(null, { status: 404 });
    if (method === 'POST')
      return new Response(null, { status: 202, headers: { location: '/v2/shop/upload' } });
    if (url.pathname.includes('/manifests/')) {
      has.add(await new Response(body).text());
      return new Response(null, { status: 201 });
    }
    if (method === 'PATCH') {
      sent = await new Response(body).text();
      return new Response(null, { status: 202, headers: { location: '/v2/shop/upload' } });
    }
    if (digestOf(sent) !== url.searchParams.get('digest')) {
      return Response.json({ errors: [{ code: 'DIGEST_INVALID' }] }, { status: 400 });
    }
    has.add(sent);
    return new Response(null, { status: 201 });
  };
  return { repository: { url: 'http://target.example.org', path: 'shop', fetch }, has };
}

it('an image that is there is put again, from there, so that it is as young as a new one', async () => {
  const put: string[] = [];
  const fetch = async (_: URL, { method, body }: RequestInit): Promise<Response> => {
    if (method === 'PUT') {
      put.push(await new Response(body).text());
      return new Response(null, { status: 201 });
    }
    const headers = { 'docker-content-digest': image.digest, 'content-length': '0' };
    if (method === 'HEAD') return new Response(null, { headers });
    return new Response(manifest);
  };
  const sized = async (url: URL, init: RequestInit) =>
    init.method === 'HEAD' && url.pathname.includes('/blobs/')
      ? new Response(null, {
          headers: {
            'content-length': `${url.pathname.endsWith(digestOf(layer)) ? layer.length : config.length}`,
          },
        })
      : fetch(url, init);
  const gone = { ...source(layer), fetch: async () => new Response(null, { status: 404 }) };
  await copyBetween(gone, { url: 'http://target.example.org', path: 'shop', fetch: sized }, image);
  expect(put).toEqual([manifest]);
});

it.each([
  [404, 'answered 404', 'See that it still has that image'],
  [503, 'source.example.org does not serve shop at the moment', 'clean-up'],
])('a source that answers %d is told as that', async (status, says, next) => {
  const { repository } = target();
  const from = { ...source(layer), fetch: async () => new Response(null, { status }) };
  await expect(copyBetween(from, repository, image)).rejects.toMatchObject({
    name: 'Failure',
    message: expect.stringContaining(says),
    next: expect.stringContaining(next),
  });
});

it('reads a blob again if the bytes that came have another digest', async () => {
  const { repository, has } = target();
  await copyBetween(source('the content', layer), repository, image);
  expect([...has]).toEqual([config, layer, manifest]);
});

// What `fetch` throws.
const lost = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') });

it('asks for a blob again if the connection breaks before an answer', async () => {
  const { repository, has } = target();
  await copyBetween(source(lost, lost, layer), repository, image);
  expect([...has]).toEqual([config, layer, manifest]);
});

it('says which registry does not answer, and copies no manifest', async () => {
  const { repository, has } = target();
  await expect(copyBetween(source(lost), repository, image)).rejects.toThrow(
    'the registry at http://source.example.org does not answer, or the connection was lost (connect ECONNREFUSED)',
  );
  expect([...has]).toEqual([config]);
});

it('says which registry sends other bytes each time, and copies no manifest', async () => {
  const { repository, has } = target();
  await expect(copyBetween(source('the content'), repository, image)).rejects.toThrow(
    `the registry at http://source.example.org sent 11 of ${layer.length} bytes of ${digestOf(layer)}`,
  );
  expect([...has]).toEqual([config]);
});
