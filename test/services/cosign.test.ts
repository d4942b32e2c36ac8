import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import { digestOf, putManifest, type RegistryRepository } from '../../images/oci/index.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { pushImage, readText } from '../../scripts/delivery/registry.ts';
import { copyProofs } from '../../scripts/promote/copy-proofs.ts';
import { addProofs, readProofs } from '../../scripts/signing/proof-layers.ts';
import { requireSignature } from '../../scripts/signing/require-signature.ts';
import { TestRegistry } from '../delivery/registry.ts';
import { newKey, SigningWorld, teamAt } from '../delivery/signing-world.ts';
import { fileOf } from '../registries/packed-image.ts';

/* cosign itself verifies what `npm run publish` puts beside an image, and signs what `npm run promote` accepts. It asks nothing but the registry. */

const folder = mkdtempSync(join(tmpdir(), 'plinth-cosign-'));
const report = (line: string) => console.log(line);
const zod = join(import.meta.dirname, '../../node_modules/zod/package.json');
const [key, other] = [newKey(), newKey()];
let cosign = '';
let registry = '';
let world: SigningWorld;

beforeAll(async () => {
  cosign = await ensureProgram('cosign', report);
  registry = await ensureProgram('registry', report);
  world = await SigningWorld.start(registry, [
    fileOf('usr/bin/registry', readFileSync(registry), 0o755),
    fileOf('usr/lib/node_modules/zod/package.json', readFileSync(zod)),
  ]);
  for (const [name, { pem }] of [
    ['key', key],
    ['other', other],
  ] as const)
    writeFileSync(join(folder, `${name}.pub`), pem);
  const image = { store: world.store, path: 'host/shop', tag: 'abc123' };
  await pushImage(world.team, { name: 'shop', image, platform: 'linux/amd64' }, { report });
  await world.sign(key);
}, 45 * 60_000);
afterAll(async () => {
  await world?.stop();
  rmSync(folder, { recursive: true });
});

/** Runs cosign with files of the folder, without a transparency log, which a key of one's own does not need. */
async function run(
  command: string[],
  { password }: { password?: string } = {},
): Promise<{ exitCode?: number; stdout: string; stderr: string }> {
  return execa(cosign, command, {
    cwd: folder,
    reject: false,
    stdin: 'ignore',
    env: { HOME: folder, ...(password === undefined ? {} : { COSIGN_PASSWORD: password }) },
  });
}

const imageAt = (url: string, digest = world.digest) => `${new URL(url).host}/shop@${digest}`;
const verify = (what = 'key.pub', image = imageAt(world.url)) =>
  run(['verify', '--key', what, '--insecure-ignore-tlog', '--allow-http-registry', image]);
const verifyAttestation = (type: string, what = 'key.pub', image = imageAt(world.url)) =>
  run([
    ...['verify-attestation', '--type', type, '--key', what],
    ...['--insecure-ignore-tlog', '--allow-http-registry', image],
  ]);

const statement = z.object({
  subject: z.array(z.object({ digest: z.object({ sha256: z.string() }) })),
  predicateType: z.string(),
  predicate: z.record(z.string(), z.unknown()),
});

const billSchema = z.object({ components: z.array(z.object({ purl: z.string().optional() })) });
const envelopeSchema = z.looseObject({ payload: z.string() });

/** The statement in an envelope that cosign printed. */
function printed(stdout: string): z.output<typeof statement> {
  const { payload } = envelopeSchema.parse(JSON.parse(stdout));
  return statement.parse(JSON.parse(Buffer.from(payload, 'base64').toString()));
}

describe('cosign verifies what publish wrote', () => {
  it('the signature', async () => {
    const { exitCode, stdout, stderr } = await verify();
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject([
      {
        critical: {
          identity: { 'docker-reference': 'registry.example.org/shop' },
          image: { 'docker-manifest-digest': world.digest },
        },
      },
    ]);
  });

  it.each([
    ['slsaprovenance1', 'https://slsa.dev/provenance/v1', 'buildDefinition'],
    ['cyclonedx', 'https://cyclonedx.org/bom', 'components'],
  ])('the attestation %s', async (type, predicateType, field) => {
    const { exitCode, stdout, stderr } = await verifyAttestation(type);
    expect(exitCode, stderr).toBe(0);
    const found = printed(stdout);
    expect(found.subject[0]?.digest.sha256).toBe(world.digest.slice(7));
    expect(found.predicateType).toBe(predicateType);
    expect(found.predicate).toHaveProperty(field);
  });

  it('the bill of materials, with packages of Debian and npm and the modules of a real Go program', async () => {
    const { stdout } = await verifyAttestation('cyclonedx');
    const { components } = billSchema.parse(printed(stdout).predicate);
    const { version } = loadLock().binaries.registry ?? {};
    const npm = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(zod, 'utf8')));
    expect(components.map(({ purl }) => purl)).toEqual(
      expect.arrayContaining([
        'pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13',
        `pkg:golang/github.com/distribution/distribution/v3@${version}`,
        expect.stringMatching(/^pkg:golang\/stdlib@1\.\d+/),
        `pkg:npm/zod@${npm.version}`,
      ]),
    );
  });

  it('all of them in the registry to which promote copied them', async () => {
    const second = await TestRegistry.start(registry);
    try {
      const image = { store: world.store, path: 'host/shop', tag: 'abc123' };
      const there = teamAt(second.url);
      await pushImage(there, { name: 'shop', image, platform: 'linux/amd64' }, { report });
      await copyProofs(world.team, there, { name: 'shop', digest: world.digest });
      const at = imageAt(second.url);
      expect(await verify('key.pub', at)).toMatchObject({ exitCode: 0 });
      for (const type of ['slsaprovenance1', 'cyclonedx'])
        expect(await verifyAttestation(type, 'key.pub', at)).toMatchObject({ exitCode: 0 });
    } finally {
      await second.stop();
    }
  });
});

describe('cosign refuses', () => {
  it.each<[string, () => ReturnType<typeof verify>, string]>([
    ['signature', () => verify('other.pub'), 'invalid signature'],
    [
      'attestation',
      () => verifyAttestation('cyclonedx', 'other.pub'),
      'accepted signatures do not match threshold',
    ],
  ])('the %s of another key', async (_, verified, why) => {
    const { exitCode, stderr } = await verified();
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain(why);
  });

  it('a signature and an attestation whose text somebody changed', async () => {
    const { repository, digest } = await changedImage();
    const [tags, changed] = [signatureTags(world.digest), signatureTags(digest)];
    const [signature] = await readProofs(repository, tags.signatures);
    const [attestation] = await readProofs(repository, tags.attestations);
    if (signature === undefined || attestation === undefined) throw new Error('nothing is signed');
    const { payload, ...envelope } = envelopeSchema.parse(JSON.parse(attestation.content));
    const forged = Buffer.from(payload, 'base64').toString().replace(world.digest.slice(7), digest.slice(7));
    await addProofs(repository, changed.signatures, [
      { ...signature, content: signature.content.replace(world.digest, digest) },
    ]);
    await addProofs(repository, changed.attestations, [
      {
        ...attestation,
        content: JSON.stringify({ ...envelope, payload: Buffer.from(forged).toString('base64') }),
      },
    ]);
    const at = imageAt(world.url, digest);
    expect((await verify('key.pub', at)).stderr).toContain('invalid signature');
    expect((await verifyAttestation('slsaprovenance1', 'key.pub', at)).stderr).toContain(
      'accepted signatures do not match threshold',
    );
  });

  it('an attestation of a type that is not there', async () => {
    const { exitCode, stderr } = await verifyAttestation('spdx');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('none of the attestations matched the predicate type');
  });

  it('the proofs of another image under the tags of this one', async () => {
    const { repository, digest } = await changedImage();
    const [from, to] = [signatureTags(world.digest), signatureTags(digest)];
    for (const kind of ['signatures', 'attestations'] as const) {
      const text = await readText(repository, `manifests/${from[kind]}`);
      await putManifest(repository, to[kind], 'application/vnd.oci.image.manifest.v1+json', text);
    }
    const at = imageAt(world.url, digest);
    for (const { exitCode, stderr } of [
      await verify('key.pub', at),
      await verifyAttestation('cyclonedx', 'key.pub', at),
    ]) {
      expect(exitCode).not.toBe(0);
      expect(stderr).toMatch(/digest/);
    }
  });

  it('an image without any', async () => {
    const { digest } = await changedImage();
    expect((await verify('key.pub', imageAt(world.url, digest))).stderr).toMatch(/no signatures found/);
  });
});

it('promote accepts an image that cosign signed', async () => {
  const { digest } = await changedImage();
  writeFileSync(join(folder, 'signing.key'), other.text);
  const password = 'of a test';
  const imported = await run(['import-key-pair', '--key', 'signing.key', '--output-key-prefix', 'imported'], {
    password,
  });
  expect(imported.exitCode, imported.stderr).toBe(0);
  const signed = await run(
    [
      ...['sign', '--yes', '--key', 'imported.key', '--tlog-upload=false', '--new-bundle-format=false'],
      ...['--use-signing-config=false', '--allow-http-registry', imageAt(world.url, digest)],
    ],
    { password },
  );
  expect(signed.exitCode, signed.stderr).toBe(0);
  const wanted = { name: 'shop', digest, environment: 'prod' };
  await requireSignature(world.team, wanted, [other.pem]);
  await expect(requireSignature(world.team, wanted, [key.pem])).rejects.toThrow('none by a key');
});

let changes = 0;

/** An image in the repository that differs from that of the world, and has no proofs. */
async function changedImage(): Promise<{ repository: RegistryRepository; digest: string }> {
  const repository = world.shop;
  const text = await readText(repository, `manifests/${world.digest}`);
  const changed = JSON.stringify({ ...JSON.parse(text), annotations: { change: String(++changes) } });
  await putManifest(repository, `changed-${changes}`, 'application/vnd.oci.image.manifest.v1+json', changed);
  return { repository, digest: digestOf(changed) };
}
