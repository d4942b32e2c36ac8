import { contentDigest, contentName } from './content.ts';
import { syncFolder } from './flux-sync.ts';

const digest = new RegExp(`(?<=^ {4}- name: ${contentName.replaceAll('.', '\\.')}\\n {6}digest: ).*$`, 'm');
const sync = new RegExp(`^(.*)/${syncFolder}/kustomization-(.+)\\.yaml$`);

/**
 * Updates the hash of its folder in each Kustomization, after manifests were changed since the render, for
 * example by pinning of images. Otherwise Flux would not notice that dependents must wait for the change.
 */
export function refreshContent(manifests: ReadonlyMap<string, string>): Map<string, string> {
  const folders = Map.groupBy(manifests, ([path]) => path.slice(0, path.lastIndexOf('/')));
  return new Map(
    [...manifests].map(([path, text]) => {
      const [, environment, kustomization] = sync.exec(path) ?? [];
      const files = folders.get(`${environment}/${kustomization}`);
      return [path, files === undefined ? text : text.replace(digest, contentDigest(files))];
    }),
  );
}
