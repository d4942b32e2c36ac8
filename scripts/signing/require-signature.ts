import { signatureTags } from '../../model/signature-tags.ts';
import { Failure } from '../cli/failure.ts';
import { registryFailure, type TeamRegistry } from '../delivery/registry.ts';
import { readProofs } from './proof-layers.ts';
import { publicKeys } from './signing-key.ts';
import { isSignedBy } from './simple-signing.ts';

/**
 * Refuses an image without a signature by one of the keys; none is needed where there are no keys.
 *
 * @param signedBy `registry.signedBy` of the environment that will run the image.
 * @throws Failure if there is no signature, or none that one of the keys made for this digest.
 */
export async function requireSignature(
  registry: TeamRegistry,
  { name, digest, environment }: { name: string; digest: string; environment: string },
  signedBy: readonly string[],
): Promise<void> {
  if (signedBy.length === 0) return;
  const keys = publicKeys(signedBy);
  const proofs = await readProofs(registry.repository(name), signatureTags(digest).signatures).catch(
    (error: unknown) => {
      throw registryFailure(error, registry, name);
    },
  );
  if (proofs.some((each) => isSignedBy(each, digest, keys))) return;
  const why =
    proofs.length === 0
      ? 'has no signature'
      : `has ${proofs.length} signature${proofs.length > 1 ? 's' : ''}, none by a key of the environment for this image`;
  throw new Failure(
    `${registry.host}/${name}@${digest} ${why}, and registry.signedBy of clusters/${environment}/cluster.yaml asks for one.`,
    'Publish it from the machine that built it, with PLINTH_SIGNING_KEY: that signs it. If it was signed before, find out who replaced it.',
  );
}
