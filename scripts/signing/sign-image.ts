import { createHash } from 'node:crypto';
import { imageContent } from '../../images/content/index.ts';
import { bundleInputs } from '../../model/reading/bundle-inputs.ts';
import { signatureTags } from '../../model/signature-tags.ts';
import type { BuiltImage } from '../app-images/app-images.ts';
import { type Git, gitIn } from '../delivery/git.ts';
import { registryFailure, type TeamRegistry } from '../delivery/registry.ts';
import { billType, imageBill } from '../supply-chain/image-bill.ts';
import { attestationLayer, predicateBy } from './attestation.ts';
import { builderOf } from './builder.ts';
import { addProofs, type ProofLayer, readProofs } from './proof-layers.ts';
import { provenance, provenanceType } from './provenance.ts';
import type { SigningKey } from './signing-key.ts';
import { isSignedBy, signatureLayer } from './simple-signing.ts';

/** Sources of an image: the root of the checkout, and the commit that the image was built from. */
export interface SignedSources {
  root: string;
  commit: string;
}

type SignedImage = Pick<BuiltImage, 'name' | 'folder' | 'bundle' | 'buildArgs' | 'kept'> & { digest: string };

/**
 * Puts a signature, a provenance and a bill of materials beside an image in its registry, if there are none by this key. A second run adds nothing.
 * @throws Failure if the registry refuses.
 */
export async function signImage(
  registry: TeamRegistry,
  image: SignedImage,
  sources: SignedSources,
  key: SigningKey,
): Promise<void> {
  const { name, digest } = image;
  const repository = registry.repository(name);
  const reference = `${registry.host}/${name}`;
  const { signatures, attestations } = signatureTags(digest);
  try {
    const signed = await readProofs(repository, signatures);
    if (!signed.some((each) => isSignedBy(each, digest, [key.public])))
      await addProofs(repository, signatures, [signatureLayer(reference, digest, key)]);
    const attested = await readProofs(repository, attestations);
    const added: ProofLayer[] = [];
    for (const [predicateType, predicate] of [
      [provenanceType, () => provenanceOf(image, sources)],
      [billType, () => billOf(image, reference, sources)],
    ] as const) {
      const is = (each: ProofLayer) => predicateBy(each, { digest, predicateType }, [key.public]);
      if (attested.some((each) => is(each) !== undefined)) continue;
      const statement = { reference, digest, predicateType, predicate: await predicate() };
      added.push(attestationLayer(statement, key));
    }
    await addProofs(repository, attestations, added);
  } catch (error) {
    throw registryFailure(error, registry, name);
  }
}

async function provenanceOf(
  { folder, buildArgs, kept }: SignedImage,
  { root, commit }: SignedSources,
): Promise<object> {
  const git = gitIn(root);
  const path = `${folder}/Dockerfile`;
  const text = await git(['show', `${commit}:${path}`]);
  return provenance({
    ...{ commit, buildArgs, inputs: kept.tag },
    repository: await repositoryOf(git),
    dockerfile: { path, sha256: createHash('sha256').update(text).digest('hex') },
    builder: builderOf(process.env),
  });
}

/** The tag of an image has the hash of the packages of its bundle: those of the checkout are those that are in it. */
async function billOf(
  { digest, folder, bundle, kept }: SignedImage,
  reference: string,
  { root }: SignedSources,
): Promise<object> {
  const content = await imageContent(kept);
  const packages = bundle === undefined ? undefined : bundleInputs(root, folder).packages;
  return imageBill({ reference, digest, content, bundle: packages });
}

/** Address of the remote `origin` of the checkout, without a login; undefined if it has none that others can use. */
async function repositoryOf(git: Git): Promise<string | undefined> {
  const listed = await git(['config', '--list', '-z']);
  const entry = listed.split('\0').find((each) => each.startsWith('remote.origin.url\n'));
  const url = entry?.slice(entry.indexOf('\n') + 1) ?? '';
  if (!/^(https|ssh):\/\//.test(url) || !URL.canParse(url)) return undefined;
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
