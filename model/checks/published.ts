import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import type { Loaded } from '../reading/source.ts';
import { diagnosticAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

/**
 * An environment with an in-cluster repository must have no images.yaml: `deploy` pins the digests of its
 * images itself.
 */
export function checkPublished({ clusters, published }: Repository): Diagnostic[] {
  return published.flatMap(({ name, source }) => {
    const cluster = clusters.find((each) => each.name === name)?.value;
    if (cluster?.source.kind !== 'in-cluster') return [];
    const words = {
      code: 'published-in-cluster',
      what: `images are published for ${name}, whose Git repository is in the cluster`,
      why: `npm run deploy -- --env ${name} pins images itself, so the digests of this file would never change`,
      fix: `remove the file: git rm ${source.file}`,
    };
    return [diagnosticAt(source, [], words)];
  });
}

/**
 * All nodes must have one processor architecture, because an image is published for one; the stacks create
 * `amd64` machines.
 */
export function checkArchitecture({ source, value: { nodes, provider } }: Loaded<Cluster>): Diagnostic[] {
  const [first = 'amd64'] =
    provider.kind === 'aws' ? [] : nodes.map(({ architecture = 'amd64' }) => architecture);
  const at = nodes.findIndex(({ architecture = 'amd64' }) => architecture !== first);
  if (at === -1) return [];
  const words = {
    code: 'other-architecture',
    what: `nodes[${at}] has another architecture than ${provider.kind === 'aws' ? 'the machines that the stacks create' : 'nodes[0]'}, ${first}`,
    why: 'an image is published for one architecture, and its pods can run on any node',
    fix: `write architecture: ${first}, or remove the key where that is amd64`,
  };
  return [diagnosticAt(source, ['nodes', at, 'architecture'], words)];
}
