import { createHash } from 'node:crypto';
import { signatureTags } from '../../model/signature-tags.ts';
import type { BuiltImage } from '../app-images/app-images.ts';
import type { Git } from '../delivery/git.ts';
import { registryFailure, type TeamRegistry } from '../delivery/registry.ts';
import { builderOf } from './builder.ts';
import { addProofs, readProofs } from './proof-layers.ts';
import { isProvenanceBy, provenanceLayer } from './provenance.ts';
import type { SigningKey } from './signing-key.ts';
import { isSignedBy, signatureLayer } from './simple-signing.ts';

/** Sources of an image: Git in the checkout, and the commit that the image was built from. */
export interface SignedSources {
  git: Git;
  commit: string;
}

/**
 * Puts a signature and a provenance beside an image in its registry, if there are none by this key. A second run adds nothing.
 * @throws Failure if the registry refuses.
 */
export async function signImage(
  registry: TeamRegistry,
  image: Pick<BuiltImage, 'name' | 'folder' | 'buildArgs' | 'kept'> & { digest: string },
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
    if (attested.some((each) => isProvenanceBy(each, digest, [key.public]))) return;
    const path = `${image.folder}/Dockerfile`;
    const text = await sources.git(['show', `${sources.commit}:${path}`]);
    const origin = {
      ...{ reference, digest, commit: sources.commit, buildArgs: image.buildArgs, inputs: image.kept.tag },
      repository: await repositoryOf(sources.git),
      dockerfile: { path, sha256: createHash('sha256').update(text).digest('hex') },
      builder: builderOf(process.env),
    };
    await addProofs(repository, attestations, [provenanceLayer(origin, key)]);
  } catch (error) {
    throw registryFailure(error, registry, name);
  }
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
