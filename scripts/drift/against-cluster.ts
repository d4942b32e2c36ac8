import { parse } from 'yaml';
import { textField } from '../../charts/kube/field.ts';
import { isKubeObject } from '../../charts/kube/kube-object.ts';
import { artifactName } from '../../charts/order/artifact.ts';
import { Failure } from '../cli/failure.ts';
import { clusterClient } from '../cluster/client.ts';
import { RawObjects } from '../cluster/raw-objects.ts';
import { ask } from '../cluster/request.ts';
import { ManifestRemote, remoteAddress } from '../delivery/manifest-remote.ts';
import type { Placed } from '../diff/placed.ts';
import { pinnedManifests } from '../flux/pin-digests.ts';
import { hasArtifact } from '../flux/progress.ts';
import { renderAll } from '../render/render.ts';
import { readCluster } from '../repository/read-cluster.ts';
import { kustomizations } from '../status/kustomization-states.ts';
import { driftOf, type ObjectDrift } from './drift.ts';

/** What differs between an environment's manifests and its cluster. */
export interface ClusterDiff {
  environment: string;
  /** `name` of cluster.yaml. */
  cluster: string;
  objects: ObjectDrift[];
  /** Names of suspended Kustomizations: Flux takes back nothing of theirs. */
  suspended: string[];
}

/**
 * Compares the manifests of an environment with its cluster: those of its manifest repository, or, where the cluster itself holds that
 * repository, those of the checkout.
 * @throws Failure if the cluster does not answer, or nothing was published.
 */
export async function againstCluster(
  root: string,
  environment: string,
  options: { acceptRewritten: boolean },
): Promise<ClusterDiff> {
  const { name } = readCluster(environment, root);
  const client = clusterClient(name);
  const manifests = await manifestsOf(root, environment, options);
  const [objects, states] = await Promise.all([
    ask(client, 'objects', driftOf(new RawObjects(client.config), placed(manifests))),
    kustomizations(client),
  ]);
  return {
    environment,
    cluster: name,
    objects,
    suspended: states.filter(({ suspended }) => suspended).map((each) => each.name),
  };
}

async function manifestsOf(
  root: string,
  environment: string,
  { acceptRewritten }: { acceptRewritten: boolean },
): Promise<ReadonlyMap<string, string>> {
  const cluster = readCluster(environment, root);
  if (cluster.source.kind === 'in-cluster') {
    const { environments, files } = await renderAll(root, environment);
    const [rendered] = environments;
    if (rendered === undefined) throw new Error(`the render of ${environment} has no environment`);
    return pinnedManifests(rendered, files);
  }
  const remote = await ManifestRemote.open(remoteAddress(environment, cluster), {
    root,
    cluster: cluster.name,
    acceptRewritten,
  });
  const files = await remote.files(await remote.head(), `manifests/${environment}`);
  if (files.size > 0) return files;
  throw new Failure(
    `nothing was published in ${environment}: branch ${remote.address.branch} of ${remote.address.url} has no manifests/${environment}.`,
    `Publish first: npm run publish -- ${environment}`,
  );
}

/** The objects of manifests. Kustomizations name the artifact that they have in the cluster once the manifests are applied. */
function placed(manifests: ReadonlyMap<string, string>): Placed[] {
  const folders = Map.groupBy(manifests, ([path]) => path.slice(0, path.lastIndexOf('/')));
  return [...manifests].flatMap(([file, text]): Placed[] => {
    const object: unknown = parse(text);
    if (!isKubeObject(object)) return [];
    const folder = textField(object, 'spec', 'path')?.replace(/^\.\//, '') ?? '';
    const files = folders.get(folder);
    if (files === undefined || !hasArtifact(object)) return [{ file, object }];
    const sourceRef = {
      kind: 'ExternalArtifact',
      name: artifactName(object.metadata.name, files),
    };
    return [{ file, object: { ...object, spec: { ...Object(object.spec), sourceRef } } }];
  });
}
