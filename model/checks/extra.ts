import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { ExtraObjects } from '../reading/extra-objects.ts';
import { diagnosticAt, type Loaded } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { clusterKinds } from '../schema/cluster-kinds.ts';
import type { ExtraObject } from '../schema/extra.ts';

/**
 * API groups of Kubernetes itself: without a dot, or ending with `.k8s.io`. Kinds of other groups can be with
 * or without a namespace.
 */
const builtIn = /^(v\d|[a-z]+\/|[a-z.-]+\.k8s\.io\/)/;
const ofOthers = /^(gateway\.networking|metrics|snapshot\.storage)\.k8s\.io\//;

/**
 * Files in `extra` must exist, must hold Kubernetes objects with a namespace, and an app's objects must be in
 * its own namespace.
 */
export function checkExtra(root: string, { apps, operators }: Repository): Diagnostic[] {
  const reader = new ExtraObjects(root);
  const check = (owner: Loaded<{ extra: string[] }>, folder: string, namespace: string | undefined) => {
    const { objects, diagnostics, missing } = reader.of(folder, owner.value.extra);
    return [
      ...missing.map((file) =>
        diagnosticAt(owner.source, ['extra', owner.value.extra.indexOf(file)], {
          code: 'no-file',
          what: `Git has no file ${folder}/${file}`,
          why: 'its objects are applied, and every machine must render the same manifests',
          fix: `write ${folder}/${file}; if it exists, it is a symbolic link or a .gitignore excludes it`,
        }),
      ),
      ...diagnostics,
      ...objects.flatMap((object) => [...checkName(object), ...checkPlace(object, namespace)]),
    ];
  };
  return [
    ...apps.flatMap((app) => check(app, `apps/${app.name}`, app.name)),
    ...operators.flatMap((operator) => check(operator, `operators/${operator.name}`, undefined)),
  ];
}

/** Names of the API server: path.ValidatePathSegmentName for RBAC, else NameIsDNSSubdomain. */
function checkName({ source, value: { apiVersion, kind, metadata } }: Loaded<ExtraObject>): Diagnostic[] {
  const isRbac = apiVersion.startsWith('rbac.authorization.k8s.io/');
  const isName = isRbac
    ? /^(?!\.{1,2}$)[^/%]+$/
    : /^(?!.{254})[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/;
  if (isName.test(metadata.name)) return [];
  const words = {
    code: 'bad-name',
    what: `a ${kind} cannot have the name ${JSON.stringify(metadata.name)}`,
    why: isRbac
      ? "the API server accepts no '/' and '%' in it"
      : "the API server accepts a-z, 0-9, '-' and '.', with a letter or digit at both ends, up to 253 characters",
    fix: 'write another name',
  };
  return [diagnosticAt(source, ['metadata', 'name'], words)];
}

function checkPlace({ source, value }: Loaded<ExtraObject>, own: string | undefined): Diagnostic[] {
  const { apiVersion, kind, metadata } = value;
  const { namespace } = metadata;
  const isBuiltIn = builtIn.test(apiVersion) && !ofOthers.test(apiVersion);
  if (namespace === undefined && isBuiltIn && !clusterKinds.has(kind)) {
    const words = {
      code: 'no-namespace',
      what: `the ${kind} '${metadata.name}' has no namespace`,
      why: "it would be in 'default', which the platform does not use",
      fix: `add namespace: ${own ?? 'NAMESPACE'} to metadata`,
    };
    return [diagnosticAt(source, ['metadata'], words, 'key')];
  }
  if (own === undefined || namespace === undefined || namespace === own) return [];
  const words = {
    code: 'other-namespace',
    what: `the ${kind} '${metadata.name}' is in the namespace '${namespace}'`,
    why: `an app owns only the namespace of its own name`,
    fix: `write namespace: ${own}`,
  };
  return [diagnosticAt(source, ['metadata', 'namespace'], words)];
}
