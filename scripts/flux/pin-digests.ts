import { storedImage } from '../../images/mirror/index.ts';
import type { Environment } from '../../model/graph.ts';
import { appImageDigests } from '../app-images/app-images.ts';

/**
 * The digests of images and artifacts in the mirror, by reference. Images that were built here have other
 * digests than upstream's, so only this machine knows them.
 */
function knownDigests(environment: Environment): Map<string, string> {
  const { images, artifacts } = environment.lock;
  const digests = appImageDigests(environment);
  for (const { ref } of [...Object.values(images), ...Object.values(artifacts)]) {
    const { store, path, tag } = storedImage(ref);
    const digest = store.manifest(path, tag)?.digest;
    if (digest !== undefined) digests.set(ref, digest);
  }
  return digests;
}

/** The manifests of an environment with the current digests of the mirror. */
export function pinnedManifests(
  environment: Environment,
  manifests: ReadonlyMap<string, string>,
): Map<string, string> {
  return pinDigests(manifests, knownDigests(environment));
}

/**
 * The manifests with these digests: after each image reference, instead of the lock file's, and in each
 * OCIRepository. So pods and artifacts are exactly those that init-cluster supplied, even if a tag moves
 * later, and rendered files stay the same on every machine.
 */
export function pinDigests(
  manifests: ReadonlyMap<string, string>,
  digests: ReadonlyMap<string, string>,
): Map<string, string> {
  return new Map(
    [...manifests].map(([path, text]) => [path, pinArtifact(pinImages(text, digests), digests)]),
  );
}

const image = /(?<=[\s"'=])([a-z0-9.-]+\/[a-z0-9._/-]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?(?=["']?$)/gm;

function pinImages(text: string, digests: ReadonlyMap<string, string>): string {
  return text.replace(image, (whole, ref: string) => {
    const digest = digests.get(ref);
    return digest === undefined ? whole : `${ref}@${digest}`;
  });
}

const artifact =
  /^ {2}ref:\n(?: {4}digest: .*\n)? {4}tag: (?<tag>.*)\n(?:.*\n)*? {2}url: oci:\/\/[^/]+\/(?<path>.*)$/m;

function pinArtifact(text: string, digests: ReadonlyMap<string, string>): string {
  if (!/^kind: OCIRepository$/m.test(text)) return text;
  const found = artifact.exec(text)?.groups;
  const digest = digests.get(`${found?.path}:${found?.tag}`);
  if (digest === undefined) return text;
  return text.replace(/^ {2}ref:\n(?: {4}digest: .*\n)?/m, `  ref:\n    digest: ${digest}\n`);
}
