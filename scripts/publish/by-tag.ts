import { pinnedReference } from '../../images/lock/index.ts';
import { ownHost } from '../../images/oci/index.ts';
import type { Environment } from '../../model/graph.ts';

/** References of upstream's images that the manifests of an environment name without a digest: what is pulled can change. */
export function imagesByTag({ operators, apps, lock }: Environment): { platform: string[]; apps: string[] } {
  const ofOperators = operators.flatMap(({ images }) =>
    images.flatMap((name) => {
      const image = lock.images[name];
      return image === undefined ? [] : [pinnedReference(image)];
    }),
  );
  const ofApps = apps.flatMap(({ image, imageRef }) => ('ref' in image ? [imageRef] : []));
  return { platform: withoutDigest(ofOperators), apps: withoutDigest(ofApps) };
}

/** Images of this repository have no digest of an upstream: the mirror builds them. */
function withoutDigest(references: readonly string[]): string[] {
  const found = references.filter((ref) => !ref.includes('@') && !ref.startsWith(`${ownHost}/`));
  return [...new Set(found)].sort();
}

/** A warning for people, with the command that adds digests; empty if all have one. */
export function tagWarning(environment: Environment): string {
  const { platform, apps } = imagesByTag(environment);
  return [
    ...(platform.length === 0 ? [] : [`${platform.join(', ')}: npm run lock -- update adds the digest`]),
    ...(apps.length === 0 ? [] : [`${apps.join(', ')}: write NAME:TAG@sha256:… in app.ts`]),
  ]
    .map((line) => `  warning: by tag alone, which its owner can change: ${line}\n`)
    .join('');
}
