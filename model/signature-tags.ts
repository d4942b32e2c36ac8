/**
 * Tags beside an image, in its repository, under which cosign looks for its signatures and its attestations.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md ('Storage')
 */
export function signatureTags(digest: string): { signatures: string; attestations: string } {
  const prefix = digest.replace(':', '-');
  return { signatures: `${prefix}.sig`, attestations: `${prefix}.att` };
}
