import { signatureTags } from '../../model/signature-tags.ts';
import { registryFailure, type TeamRegistry } from '../delivery/registry.ts';
import { addProofs, readProofs } from '../signing/proof-layers.ts';

/** Copies signatures and attestations of an image between registries; those that the other one has stay. @throws Failure if one refuses. */
export async function copyProofs(
  from: TeamRegistry,
  to: TeamRegistry,
  { name, digest }: { name: string; digest: string },
): Promise<void> {
  for (const tag of Object.values(signatureTags(digest))) {
    const proofs = await readProofs(from.repository(name), tag).catch((error: unknown) => {
      throw registryFailure(error, from, name);
    });
    await addProofs(to.repository(name), tag, proofs).catch((error: unknown) => {
      throw registryFailure(error, to, name);
    });
  }
}
