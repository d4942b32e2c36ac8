import { contentDigest, type ManifestFile } from './content.ts';
import { contentName } from './declared-content.ts';
import { syncFolder } from './flux-sync.ts';

const name = contentName.replaceAll('.', '\\.');
const digest = new RegExp(`(?<=^ {4}(?:${name}: |- name: ${name}\\n {6}digest: )).*$`, 'm');
const sync = new RegExp(`^(.*)/${syncFolder}/kustomization-(.+)\\.yaml$`);
const artifact = /^ {2}sourceRef:\n {4}kind: ExternalArtifact\n {4}name: (.+)$/m;

/**
 * Updates the hash of what each Kustomization applies, after manifests were changed since the render, for example by pinning of images.
 * Otherwise Flux would not notice that dependents must wait for the change.
 */
export function refreshContent(manifests: ReadonlyMap<string, string>): Map<string, string> {
  const folders = Map.groupBy(manifests, ([path]) => path.slice(0, path.lastIndexOf('/')));
  /** By the path of a Kustomization: the name of its artifact, or its own. */
  const artifacts = new Map<string, string>();
  const files = new Map<string, ManifestFile[]>();
  for (const [path, text] of manifests) {
    const [, environment, kustomization = ''] = sync.exec(path) ?? [];
    const own = folders.get(`${environment}/${kustomization}`);
    if (own === undefined) continue;
    const key = `${environment} ${artifact.exec(text)?.[1] ?? kustomization}`;
    artifacts.set(path, key);
    files.set(key, [...(files.get(key) ?? []), ...own]);
  }
  const digests = new Map([...files].map(([key, list]) => [key, contentDigest(list)]));
  return new Map(
    [...manifests].map(([path, text]) => [
      path,
      text.replace(digest, (now) => digests.get(artifacts.get(path) ?? '') ?? now),
    ]),
  );
}
