import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { digestOf, headManifest, ImageStore } from '../../images/oci/index.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { TestRegistry } from '../../test/delivery/registry.ts';
import { TestRepository } from '../../test/delivery/repository.ts';
import type { gitIn } from '../delivery/git.ts';
import { readText, type TeamRegistry } from '../delivery/registry.ts';
import { copyProofs } from '../promote/copy-proofs.ts';
import { builderOf } from './builder.ts';
import { addProofs, type ProofLayer, readProofs } from './proof-layers.ts';
import { isProvenanceBy } from './provenance.ts';
import { requireSignature } from './require-signature.ts';
import { signImage } from './sign-image.ts';
import { type SigningKey, signingKey } from './signing-key.ts';
import { signatureLayer } from './simple-signing.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 600_000 });

const dockerfile = 'FROM scratch\n';
const digest = digestOf('an image of a test');
const tags = signatureTags(digest);
const image = { name: 'shop', digest, folder: 'apps/shop', buildArgs: { MODE: 'fast' } };
const kept = { store: new ImageStore('/nowhere'), path: 'host/shop', tag: 'abc123' };

function newKey(): SigningKey & { pem: string; text: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const text = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
  return { private: privateKey, public: publicKey, pem, text };
}

let program = '';
let registry: TestRegistry;
let team: TeamRegistry;
let sources: { git: ReturnType<typeof gitIn>; commit: string };
let world: TestRepository;
const [key, other] = [newKey(), newKey()];

const teamAt = (url: string): TeamRegistry => ({
  host: 'registry.example.org',
  siblings: [],
  close: () => {},
  repository: (path) => ({ url, path }),
});
const shop = () => team.repository('shop');

beforeAll(async () => {
  program = await ensureProgram('registry', () => {});
});
beforeEach(async () => {
  registry = await TestRegistry.start(program);
  team = teamAt(registry.url);
  world = await TestRepository.make();
  const { git, commit } = await world.person({ 'apps/shop/Dockerfile': dockerfile });
  await git(['remote', 'add', 'origin', 'https://ann:token@git.example.org/team/shop.git']);
  sources = { git, commit };
});
afterEach(async () => {
  vi.unstubAllEnvs();
  world.remove();
  await registry.stop();
});

const sign = (by = key, what = image) => signImage(team, { ...what, kept }, sources, by);
const required = (signedBy: string[], what = digest) =>
  requireSignature(team, { name: 'shop', digest: what, environment: 'prod' }, signedBy);

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
    manifestSchema.parse(JSON.parse(await readText(shop(), `manifests/${tag}`)));

  it('is what cosign makes: a payload with the digest, signed by ECDSA on P-256 over its SHA-256', async () => {
    await sign();
    const { layers, config } = await manifest(`sha256-${digest.slice(7)}.sig`);
    const [layer] = layers;
    expect(layer?.mediaType).toBe('application/vnd.dev.cosign.simplesigning.v1+json');
    const payload = await readText(shop(), `blobs/${layer?.digest}`);
    expect(payload).toBe(
      `{"critical":{"identity":{"docker-reference":"registry.example.org/shop"},"image":{"docker-manifest-digest":"${digest}"},"type":"cosign container image signature"},"optional":null}`,
    );
    expect(layer?.size).toBe(Buffer.byteLength(payload));
    const signature = Buffer.from(layer?.annotations['dev.cosignproject.cosign/signature'] ?? '', 'base64');
    expect(verify('sha256', Buffer.from(payload), createPublicKey(key.pem), signature)).toBe(true);
    expect(verify('sha256', Buffer.from(`${payload} `), createPublicKey(key.pem), signature)).toBe(false);
    expect(JSON.parse(await readText(shop(), `blobs/${config.digest}`))).toMatchObject({
      rootfs: { type: 'layers', diff_ids: [layer?.digest] },
    });
  });

  it('is made once: a second run changes nothing, and another key adds its own beside it', async () => {
    await sign();
    const first = await headManifest(shop(), tags.signatures);
    const attested = await headManifest(shop(), tags.attestations);
    await sign();
    expect(await headManifest(shop(), tags.signatures)).toBe(first);
    expect(await headManifest(shop(), tags.attestations)).toBe(attested);
    await sign(other);
    expect((await manifest(tags.signatures)).layers).toHaveLength(2);
    for (const each of [key, other]) await required([each.pem]);
  });

  it('goes with the image to another registry, beside those that are there', async () => {
    const second = await TestRegistry.start(program);
    try {
      const there = teamAt(second.url);
      await signImage(there, { ...image, kept }, sources, other);
      await sign();
      await copyProofs(team, there, { name: 'shop', digest });
      const wanted = { name: 'shop', digest, environment: 'prod' };
      for (const each of [key, other]) await requireSignature(there, wanted, [each.pem]);
      expect(await readProofs(there.repository('shop'), tags.attestations)).toHaveLength(2);
    } finally {
      await second.stop();
    }
  });
});

describe('an environment that names keys', () => {
  it('takes an image that one of them signed, and one that names none takes every image', async () => {
    await required([]);
    await sign();
    await required([other.pem, key.pem]);
  });

  it('refuses an image without a signature', async () => {
    await expect(required([key.pem])).rejects.toThrow(
      `registry.example.org/shop@${digest} has no signature, and registry.signedBy of clusters/prod/cluster.yaml asks for one.`,
    );
  });

  it('refuses the signature of another key', async () => {
    await sign(other);
    await expect(required([key.pem])).rejects.toThrow('has 1 signature, none by a key of the environment');
  });

  it('refuses the signature of another image, under the tag of this one', async () => {
    const elsewhere = digestOf('another image');
    await addProofs(shop(), signatureTags(elsewhere).signatures, [
      signatureLayer('registry.example.org/shop', digest, key),
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
    await addProofs(shop(), tags.signatures, [
      changed(signatureLayer('registry.example.org/shop', digest, key)),
    ]);
    await expect(required([key.pem])).rejects.toThrow('none by a key of the environment');
  });
});

describe('the provenance beside an image', () => {
  const envelopeSchema = z.object({
    payloadType: z.literal('application/vnd.in-toto+json'),
    payload: z.string(),
    signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).length(1),
  });

  it('is a statement of in-toto in a signed envelope, with commit, Dockerfile and builder', async () => {
    vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
    vi.stubEnv('GITHUB_WORKFLOW_REF', 'team/shop/.github/workflows/publish.yml@refs/heads/main');
    await sign();
    const [layer] = await readProofs(shop(), `sha256-${digest.slice(7)}.att`);
    expect(layer?.mediaType).toBe('application/vnd.dsse.envelope.v1+json');
    expect(layer?.annotations).toEqual({
      'dev.cosignproject.cosign/signature': '',
      predicateType: 'https://slsa.dev/provenance/v1',
    });
    const { payloadType, payload, signatures } = envelopeSchema.parse(JSON.parse(layer?.content ?? ''));
    const bytes = Buffer.from(payload, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${bytes.length} `), bytes]);
    expect(
      verify('sha256', signed, createPublicKey(key.pem), Buffer.from(signatures[0]?.sig ?? '', 'base64')),
    ).toBe(true);
    const source = {
      uri: 'git+https://git.example.org/team/shop.git',
      digest: { gitCommit: sources.commit },
    };
    const sha256 = createHash('sha256').update(dockerfile).digest('hex');
    expect(JSON.parse(bytes.toString())).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'registry.example.org/shop', digest: { sha256: digest.slice(7) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://plinth.io/provenance/dockerfile/v1',
          externalParameters: { source, dockerfile: 'apps/shop/Dockerfile', buildArgs: { MODE: 'fast' } },
          internalParameters: { inputs: 'abc123' },
          resolvedDependencies: [source, { name: 'apps/shop/Dockerfile', digest: { sha256 } }],
        },
        runDetails: {
          builder: { id: 'https://github.com/team/shop/.github/workflows/publish.yml@refs/heads/main' },
        },
      },
    });
  });

  it('counts only for its own image and by its own key', async () => {
    await sign();
    const [layer] = await readProofs(shop(), tags.attestations);
    if (layer === undefined) throw new Error('no provenance');
    expect(isProvenanceBy(layer, digest, [key.public])).toBe(true);
    expect(isProvenanceBy(layer, digest, [other.public])).toBe(false);
    expect(isProvenanceBy(layer, digestOf('another image'), [key.public])).toBe(false);
    expect(isProvenanceBy({ ...layer, content: 'no JSON' }, digest, [key.public])).toBe(false);
  });

  it('names the workflow, the job, or a person as the builder', () => {
    expect(builderOf({ CI_JOB_URL: 'https://gitlab.example.org/a/b/-/jobs/7' })).toBe(
      'https://gitlab.example.org/a/b/-/jobs/7',
    );
    expect(builderOf({})).toBe('https://plinth.io/builders/person');
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
