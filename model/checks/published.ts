import type { Problem } from '../diagnostics/problem.ts';
import type { Loaded } from '../reading/source.ts';
import { problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

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

/** An image that is published is for one kind of processor; the stacks make machines with that of `amd64`. */
export function checkArchitecture({ source, value: { nodes, provider } }: Loaded<Cluster>): Problem[] {
  const [first = 'amd64'] =
    provider.kind === 'aws' ? [] : nodes.map(({ architecture = 'amd64' }) => architecture);
  const at = nodes.findIndex(({ architecture = 'amd64' }) => architecture !== first);
  if (at === -1) return [];
  const words = {
    code: 'other-architecture',
    what: `nodes[${at}] has another processor than ${provider.kind === 'aws' ? 'the machines that the stacks make' : 'nodes[0]'}, ${first}`,
    why: 'an image is published for one of them, and its pods may run on any node',
    fix: `write architecture: ${first}, or leave it out where that is amd64`,
  };
  return [problemAt(source, ['nodes', at, 'architecture'], words)];
}
