import { createHash, createPublicKey, verify } from 'node:crypto';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ensureProgram } from '../../images/index.ts';
import { digestOf } from '../../images/oci/index.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import { dockerfile, newKey, SigningWorld } from '../../test/delivery/signing-world.ts';
import { billType } from '../supply-chain/image-bill.ts';
import { predicateBy } from './attestation.ts';
import { builderOf } from './builder.ts';
import { type ProofLayer, readProofs } from './proof-layers.ts';
import { provenanceType } from './provenance.ts';

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

const envelopeSchema = z.object({
  payloadType: z.literal('application/vnd.in-toto+json'),
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })).length(1),
});

/** The attestation of the image with this type, by tag. */
async function attestation(predicateType: string): Promise<ProofLayer> {
  const layers = await readProofs(world.shop, `sha256-${world.digest.slice(7)}.att`);
  const [found, ...more] = layers.filter(({ annotations }) => annotations.predicateType === predicateType);
  if (found === undefined || more.length > 0) throw new Error(`${more.length} more of ${predicateType}`);
  return found;
}

function statementIn({ content }: ProofLayer): unknown {
  const { payload } = envelopeSchema.parse(JSON.parse(content));
  return JSON.parse(Buffer.from(payload, 'base64').toString());
}

const subject = () => [{ name: 'registry.example.org/shop', digest: { sha256: world.digest.slice(7) } }];

describe('an attestation beside an image', () => {
  it.each([provenanceType, billType])('is a statement of in-toto in a signed envelope: %s', async (type) => {
    await world.sign(key);
    const layer = await attestation(type);
    expect(layer.mediaType).toBe('application/vnd.dsse.envelope.v1+json');
    expect(layer.annotations).toEqual({
      'dev.cosignproject.cosign/signature': '',
      predicateType: type,
    });
    const { payloadType, payload, signatures } = envelopeSchema.parse(JSON.parse(layer.content));
    const bytes = Buffer.from(payload, 'base64');
    const signed = Buffer.concat([Buffer.from(`DSSEv1 28 ${payloadType} ${bytes.length} `), bytes]);
    const code = Buffer.from(signatures[0]?.sig ?? '', 'base64');
    expect(verify('sha256', signed, createPublicKey(key.pem), code)).toBe(true);
    expect(statementIn(layer)).toMatchObject({
      _type: 'https://in-toto.io/Statement/v1',
      subject: subject(),
      predicateType: type,
    });
  });

  it('counts only for its own image, of its own type, and by its own key', async () => {
    await world.sign(key);
    const layer = await attestation(provenanceType);
    const { digest } = world;
    const wanted = { digest, predicateType: provenanceType };
    expect(predicateBy(layer, wanted, [other.public, key.public])).toMatchObject({ runDetails: {} });
    expect(predicateBy(layer, wanted, [other.public])).toBeUndefined();
    expect(predicateBy(layer, { ...wanted, predicateType: billType }, [key.public])).toBeUndefined();
    expect(predicateBy(layer, { ...wanted, digest: digestOf('another') }, [key.public])).toBeUndefined();
    expect(predicateBy({ ...layer, content: 'no JSON' }, wanted, [key.public])).toBeUndefined();
  });

  it('is added where the other one is there already', async () => {
    await world.sign(key);
    const { attestations } = signatureTags(world.digest);
    const all = await readProofs(world.shop, attestations);
    expect(all.map(({ annotations }) => annotations.predicateType).sort()).toEqual(
      [billType, provenanceType].sort(),
    );
    await world.sign(key);
    expect(await readProofs(world.shop, attestations)).toEqual(all);
  });
});

describe('the provenance', () => {
  it('names commit, Dockerfile and builder', async () => {
    vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com');
    vi.stubEnv('GITHUB_WORKFLOW_REF', 'team/shop/.github/workflows/publish.yml@refs/heads/main');
    await world.sign(key);
    const source = {
      uri: 'git+https://git.example.org/team/shop.git',
      digest: { gitCommit: world.commit },
    };
    const sha256 = createHash('sha256').update(dockerfile).digest('hex');
    expect(statementIn(await attestation(provenanceType))).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: subject(),
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

  it('names the workflow, the job, or a person as the builder', () => {
    expect(builderOf({ CI_JOB_URL: 'https://gitlab.example.org/a/b/-/jobs/7' })).toBe(
      'https://gitlab.example.org/a/b/-/jobs/7',
    );
    expect(builderOf({})).toBe('https://plinth.io/builders/person');
  });
});

describe('the bill of materials', () => {
  it('has what is installed in the image, and is valid by the schema of CycloneDX', async () => {
    await world.sign(key);
    const wanted = { digest: world.digest, predicateType: billType };
    const bill = predicateBy(await attestation(billType), wanted, [key.public]);
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(JSON.stringify(bill))).toBeNull();
    const image = `registry.example.org/shop@${world.digest}`;
    expect(bill).toMatchObject({
      metadata: { component: { type: 'container', 'bom-ref': image, version: world.digest } },
      components: [
        { type: 'operating-system', name: 'debian', version: '13' },
        {
          name: 'libc6',
          version: '2.41-12',
          purl: 'pkg:deb/debian/libc6@2.41-12?arch=amd64&distro=debian-13',
        },
        {
          purl: 'pkg:npm/left@1.2.3',
          evidence: { occurrences: [{ location: '/app/node_modules/left/package.json' }] },
        },
      ],
      compositions: [{ aggregate: 'incomplete', assemblies: [image] }],
    });
  });
});
