import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { digestOf, headManifest } from '../../images/oci/index.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { TestRegistry } from '../../test/delivery/registry.ts';
import { newKey, SigningWorld, teamAt } from '../../test/delivery/signing-world.ts';
import { readText } from '../delivery/registry.ts';
import { copyProofs } from '../promote/copy-proofs.ts';
import { addProofs, type ProofLayer, readProofs } from './proof-layers.ts';
import { requireSignature } from './require-signature.ts';
import { signingKey } from './signing-key.ts';
import { signatureLayer } from './simple-signing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

let program = '';
let world: SigningWorld;
const [key, other] = [newKey(), newKey()];

beforeAll(async () => {
  program = await ensureProgram('registry', () => {});
});
beforeEach(async () => {
  world = await SigningWorld.start(program);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await world.stop();
});

const tags = () => signatureTags(world.digest);
const required = (signedBy: string[], what = world.digest) =>
  requireSignature(world.team, { name: 'shop', digest: what, environment: 'prod' }, signedBy);

describe('the signature beside an image', () => {
  const manifestSchema = z.object({
    mediaType: z.literal('application/vnd.oci.image.manifest.v1+json'),
    config: z.object({ digest: z.string() }),
    layers: z.array(
      z.object({
        mediaType: z.string(),
        digest: z.string(),
        size: z.number(),
        annotations: z.record(z.string(), z.string()),
      }),
    ),
  });
  const manifest = async (tag: string) =>
    manifestSchema.parse(JSON.parse(await readText(world.shop, `manifests/${tag}`)));

  it('is what cosign makes: a payload with the digest, signed by ECDSA on P-256 over its SHA-256', async () => {
    await world.sign(key);
    const { layers, config } = await manifest(`sha256-${world.digest.slice(7)}.sig`);
    const [layer] = layers;
    expect(layer?.mediaType).toBe('application/vnd.dev.cosign.simplesigning.v1+json');
    const payload = await readText(world.shop, `blobs/${layer?.digest}`);
    expect(payload).toBe(
      `{"critical":{"identity":{"docker-reference":"registry.example.org/shop"},"image":{"docker-manifest-digest":"${world.digest}"},"type":"cosign container image signature"},"optional":null}`,
    );
    expect(layer?.size).toBe(Buffer.byteLength(payload));
    const signature = Buffer.from(layer?.annotations['dev.cosignproject.cosign/signature'] ?? '', 'base64');
    expect(verify('sha256', Buffer.from(payload), createPublicKey(key.pem), signature)).toBe(true);
    expect(verify('sha256', Buffer.from(`${payload} `), createPublicKey(key.pem), signature)).toBe(false);
    expect(JSON.parse(await readText(world.shop, `blobs/${config.digest}`))).toMatchObject({
      rootfs: { type: 'layers', diff_ids: [layer?.digest] },
    });
  });

  it('is made once: a second run changes nothing, and another key adds its own beside it', async () => {
    await world.sign(key);
    const first = await headManifest(world.shop, tags().signatures);
    const attested = await headManifest(world.shop, tags().attestations);
    await world.sign(key);
    expect(await headManifest(world.shop, tags().signatures)).toBe(first);
    expect(await headManifest(world.shop, tags().attestations)).toBe(attested);
    await world.sign(other);
    expect((await manifest(tags().signatures)).layers).toHaveLength(2);
    for (const each of [key, other]) await required([each.pem]);
  });

  it('is put again where it is there, so that it is as young as a new one', async () => {
    await world.sign(key);
    const tag = tags().signatures;
    const first = await headManifest(world.shop, tag);
    const sent: string[] = [];
    const fetched = async (url: URL, init: RequestInit) => {
      if (init.method === 'PUT') sent.push(url.pathname);
      return fetch(url, init);
    };
    const shop = { ...world.shop, fetch: fetched };
    await addProofs(shop, tag, await readProofs(shop, tag));
    expect(sent).toEqual([`/v2/shop/manifests/${tag}`]);
    expect(await headManifest(world.shop, tag)).toBe(first);
  });

  it('goes with the image to another registry, beside those that are there', async () => {
    const second = await TestRegistry.start(program);
    try {
      const there = teamAt(second.url);
      await world.sign(other, there);
      await world.sign(key);
      await copyProofs(world.team, there, { name: 'shop', digest: world.digest });
      const wanted = { name: 'shop', digest: world.digest, environment: 'prod' };
      for (const each of [key, other]) await requireSignature(there, wanted, [each.pem]);
      expect(await readProofs(there.repository('shop'), tags().attestations)).toHaveLength(4);
    } finally {
      await second.stop();
    }
  });
});

it('a proof that is too large to be read again is refused, and nothing is written', async () => {
  const layer = { mediaType: 'text/plain', annotations: {}, content: 'x'.repeat(8 * 1024 * 1024 + 1) };
  await expect(addProofs(world.shop, tags().attestations, [layer])).rejects.toThrow('more than 8 MiB');
  expect(await headManifest(world.shop, tags().attestations)).toBeUndefined();
});

describe('an environment that names keys', () => {
  it('takes an image that one of them signed, and one that names none takes every image', async () => {
    await required([]);
    await world.sign(key);
    await required([other.pem, key.pem]);
  });

  it('refuses an image without a signature', async () => {
    await expect(required([key.pem])).rejects.toThrow(
      `registry.example.org/shop@${world.digest} has no signature, and registry.signedBy of clusters/prod/cluster.yaml asks for one.`,
    );
  });

  it('refuses the signature of another key', async () => {
    await world.sign(other);
    await expect(required([key.pem])).rejects.toThrow('has 1 signature, none by a key of the environment');
  });

  it('refuses the signature of another image, under the tag of this one', async () => {
    const elsewhere = digestOf('another image');
    await addProofs(world.shop, signatureTags(elsewhere).signatures, [
      signatureLayer('registry.example.org/shop', world.digest, key),
    ]);
    await expect(required([key.pem], elsewhere)).rejects.toThrow(
      'none by a key of the environment for this image',
    );
  });

  it.each<[string, (layer: ProofLayer) => ProofLayer]>([
    ['a changed payload', (layer) => ({ ...layer, content: layer.content.replace('null', '{}') })],
    [
      'a cut signature',
      (layer) => ({ ...layer, annotations: { 'dev.cosignproject.cosign/signature': 'MEUC' } }),
    ],
    ['no signature', (layer) => ({ ...layer, annotations: {} })],
    ['another media type', (layer) => ({ ...layer, mediaType: 'application/json' })],
  ])('refuses %s', async (_, changed) => {
    await addProofs(world.shop, tags().signatures, [
      changed(signatureLayer('registry.example.org/shop', world.digest, key)),
    ]);
    await expect(required([key.pem])).rejects.toThrow('none by a key of the environment');
  });
});

describe('the key of PLINTH_SIGNING_KEY', () => {
  const cluster = (...signedBy: string[]) => ({
    registry: { overlay: 'tls' as const, storage: '1Gi', keep: '30d', signedBy },
  });

  it('is needed where the environment names keys, and must be one of them', () => {
    expect(signingKey(cluster(), 'prod')).toBeUndefined();
    expect(() => signingKey(cluster(key.pem), 'prod')).toThrow('and PLINTH_SIGNING_KEY is not set');
    vi.stubEnv('PLINTH_SIGNING_KEY', other.text);
    expect(() => signingKey(cluster(key.pem), 'prod')).toThrow('is none of registry.signedBy');
    expect(signingKey(cluster(key.pem, other.pem), 'prod')?.public.equals(other.public)).toBe(true);
    expect(signingKey(cluster(), 'prod')?.public.equals(other.public)).toBe(true);
  });

  it('is a file or a text', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plinth-key-'));
    writeFileSync(join(folder, 'signing.key'), key.text);
    vi.stubEnv('PLINTH_SIGNING_KEY', join(folder, 'signing.key'));
    expect(signingKey(cluster(key.pem), 'prod')?.private.equals(createPrivateKey(key.text))).toBe(true);
    rmSync(folder, { recursive: true });
    expect(() => signingKey(cluster(key.pem), 'prod')).toThrow('signing.key cannot be read');
  });

  it('is refused if it is another kind of key or none, without a word of its text', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    vi.stubEnv('PLINTH_SIGNING_KEY', rsa.export({ type: 'pkcs8', format: 'pem' }).toString());
    expect(() => signingKey(cluster(), 'prod')).toThrow('is not one of ECDSA on P-256');
    vi.stubEnv(
      'PLINTH_SIGNING_KEY',
      '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n',
    );
    expect(() => signingKey(cluster(), 'prod')).toThrow(
      /^PLINTH_SIGNING_KEY is no private key in PEM, or it needs a password\.$/,
    );
  });
});
