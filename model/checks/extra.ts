import type { Problem } from '../diagnostics/problem.ts';
import { ExtraObjects } from '../reading/extra-objects.ts';
import { type Loaded, problemAt } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { clusterKinds } from '../schema/cluster-kinds.ts';
import type { ExtraObject } from '../schema/extra.ts';

/** Groups of Kubernetes itself have no dot, or end so. A kind of others may stand in a namespace or not. */
const builtIn = /^(v\d|[a-z]+\/|[a-z.-]+\.k8s\.io\/)/;
const ofOthers = /^(gateway\.networking|metrics|snapshot\.storage)\.k8s\.io\//;

/** Extra objects exist, are Kubernetes objects with a namespace, and those of an app are in its namespace. */
export function checkExtra(root: string, { apps, operators }: Repository): Problem[] {
  const reader = new ExtraObjects(root);
  const check = (owner: Loaded<{ extra: string[] }>, folder: string, namespace: string | undefined) => {
    const { objects, problems, missing } = reader.of(folder, owner.value.extra);
    return [
      ...missing.map((file) =>
        problemAt(owner.source, ['extra', owner.value.extra.indexOf(file)], {
          code: 'no-file',
          what: `there is no file ${folder}/${file} that Git would store`,
          why: 'its object is to be applied, and every machine must render the same',
          fix: `write ${folder}/${file}; where it is there, a .gitignore names it, or it is a link`,
        }),
      ),
      ...problems,
      ...objects.flatMap((object) => checkPlace(object, namespace)),
    ];
  };
  return [
    ...apps.flatMap((app) => check(app, `apps/${app.name}`, app.name)),
    ...operators.flatMap((operator) => check(operator, `operators/${operator.name}`, undefined)),
  ];
}

function checkPlace({ source, value }: Loaded<ExtraObject>, own: string | undefined): Problem[] {
  const { apiVersion, kind, metadata } = value;
  const { namespace } = metadata;
  const isBuiltIn = builtIn.test(apiVersion) && !ofOthers.test(apiVersion);
  if (namespace === undefined && isBuiltIn && !clusterKinds.has(kind)) {
    const words = {
      code: 'no-namespace',
      what: `the ${kind} '${metadata.name}' has no namespace`,
      why: "it would stand in 'default', where nothing else is and nobody looks",
      fix: `add namespace: ${own ?? 'NAMESPACE'} to metadata`,
    };
    return [problemAt(source, ['metadata'], words, 'key')];
  }
  if (own === undefined || namespace === undefined || namespace === own) return [];
  const words = {
    code: 'other-namespace',
    what: `the ${kind} '${metadata.name}' stands in the namespace '${namespace}'`,
    why: `an app owns the namespace of its name, and no other: what stands in '${namespace}' is described there`,
    fix: `write namespace: ${own}`,
  };
  return [problemAt(source, ['metadata', 'namespace'], words)];
}
