import { contentDigest, contentName } from './content.ts';
import { syncFolder } from './flux-sync.ts';

const digest = new RegExp(`(?<=^ {4}- name: ${contentName.replaceAll('.', '\\.')}\\n {6}digest: ).*$`, 'm');
const sync = new RegExp(`^(.*)/${syncFolder}/kustomization-(.+)\\.yaml$`);

/**
 * The same manifests, in which each Kustomization has the hash of its folder as it is now: for those who change the text of a
 * manifest after the render, as pinning does. Without it Flux would not know that others wait for the change.
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
