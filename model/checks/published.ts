import type { Problem } from '../diagnostics/problem.ts';
import { problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';

/** What `deploy` brings into a cluster is pinned when it is pushed: a second place for digests would hold it back. */
export function checkPublished({ clusters, published }: Repository): Problem[] {
  return published.flatMap(({ name, source }) => {
    const cluster = clusters.find((each) => each.name === name)?.value;
    if (cluster?.source.kind !== 'in-cluster') return [];
    const words = {
      code: 'published-in-cluster',
      what: `images are published for ${name}, whose manifests are held in the cluster`,
      why: `npm run deploy -- --env ${name} pins images by itself, and those of this file would never change`,
      fix: `remove the file: git rm ${source.file}`,
    };
    return [problemAt(source, [], words)];
  });
}
