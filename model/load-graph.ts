import { checkBuilds } from './checks/builds.ts';
import { checkCluster } from './checks/cluster.ts';
import { checkClusterIdentity } from './checks/cluster-identity.ts';
import { checkEdges } from './checks/edges.ts';
import { checkExternal } from './checks/external.ts';
import { checkExtra } from './checks/extra.ts';
import { checkFiles } from './checks/files.ts';
import { checkHelmCharts } from './checks/helm-charts.ts';
import { checkIdentity } from './checks/identity.ts';
import { checkLeakedSecrets } from './checks/leaked-secrets.ts';
import { checkNames } from './checks/names.ts';
import { checkNodeChoices } from './checks/node-choices.ts';
import { checkOperators } from './checks/operators.ts';
import { checkOwners } from './checks/owners.ts';
import { checkPeopleOfApps } from './checks/people.ts';
import { checkPreviews } from './checks/previews.ts';
import { checkProduction } from './checks/production.ts';
import { checkPublicPorts } from './checks/public-ports.ts';
import { checkArchitecture, checkPublished } from './checks/published.ts';
import { checkRetention } from './checks/retention.ts';
import { checkSecrets } from './checks/secrets.ts';
import { checkVariables } from './checks/variables.ts';
import { checkWorkloads } from './checks/workloads.ts';
import type { Diagnostic } from './diagnostics/diagnostic.ts';
import { compareDiagnostics } from './diagnostics/diagnostic.ts';
import { environments } from './environment.ts';
import type { Environment } from './graph.ts';
import { withPreviews } from './previews.ts';
import { AppFiles } from './reading/app-files.ts';
import { ExtraObjects } from './reading/extra-objects.ts';
import { ImageTags, type TaggedImage } from './reading/image-tags.ts';
import type { ImportRecord } from './reading/import-record.ts';
import { KnownSources } from './reading/known-sources.ts';
import { readRepository } from './reading/read-repository.ts';
import type { Repository } from './repository.ts';

/** The content of a repository, or all its diagnostics. */
export interface Graph {
  /** Sorted by name; empty if there is a diagnostic. */
  environments: Environment[];
  /** Sorted. */
  diagnostics: Diagnostic[];
  /** Inputs outside of the folders of descriptions. */
  inputs: GraphInputs;
}

/** Files that descriptions read during their import, and the images that are built. */
export interface GraphInputs {
  imports: ImportRecord;
  images: TaggedImage[];
}

/**
 * Reads `clusters/`, `apps/`, `operators/` and `images/lock.yaml` below `root` and joins them. Descriptions
 * in `known` are not read again. All mistakes in descriptions are returned as diagnostics; it throws only on
 * disk errors.
 */
export async function loadGraph(root: string, known = new KnownSources()): Promise<Graph> {
  const { repository, diagnostics } = await readRepository(root, known);
  const { imports } = known;
  if (repository !== undefined) diagnostics.push(...checkRepository(root, repository));
  if (repository === undefined || diagnostics.length > 0) {
    return {
      environments: [],
      diagnostics: diagnostics.sort(compareDiagnostics),
      inputs: { imports, images: [] },
    };
  }
  const tags = new ImageTags(root, repository.packageLock);
  const joined = environments(repository, {
    images: tags,
    files: new AppFiles(root),
    extra: new ExtraObjects(root),
  });
  return { environments: joined, diagnostics, inputs: { imports, images: tags.all() } };
}

/** The diagnostics of descriptions that fit their schemas; not sorted. */
export function checkRepository(root: string, repository: Repository): Diagnostic[] {
  const previews = checkPreviews(repository);
  // Apps of previews have edges and names, and no files below apps/.
  const all = previews.length > 0 ? repository : withPreviews(repository);
  return [
    ...previews,
    ...checkNames(repository),
    ...all.clusters.flatMap((cluster) => [
      ...checkCluster(cluster, all),
      ...checkClusterIdentity(cluster, all),
      ...checkProduction(cluster, all),
      ...checkRetention(cluster, all),
      ...checkArchitecture(cluster),
    ]),
    ...checkBuilds(root, repository),
    ...checkFiles(root, repository),
    ...checkExtra(root, repository),
    ...checkHelmCharts(repository),
    ...checkWorkloads(all),
    ...checkNodeChoices(all),
    ...checkEdges(all),
    ...checkPublicPorts(all),
    ...checkExternal(all),
    ...checkIdentity(all),
    ...checkOperators(repository),
    ...checkOwners(all),
    ...checkVariables(all),
    ...checkSecrets(all),
    ...checkPeopleOfApps(all),
    ...checkLeakedSecrets(repository),
    ...checkPublished(repository),
  ];
}
