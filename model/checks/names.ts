import type { App } from '../app.ts';
import { type Diagnostic, diagnosticOfFile } from '../diagnostics/diagnostic.ts';
import { environmentAuthority, peopleNamespace } from '../identity.ts';
import type { Operator } from '../operator.ts';
import { diagnosticAt, type Loaded, reference } from '../reading/source.ts';
import type { Repository } from '../repository.ts';
import { accountsOperator, databaseCluster, migrationsName } from '../schema/database.ts';
import { jobName } from '../schema/job.ts';
import { dnsLabel } from '../schema/kubernetes-names.ts';
import { previewPattern } from '../schema/previews.ts';

/** Each app, operator and environment has the name of its folder, and no two things share a name. */
export function checkNames({ clusters, apps, operators }: Repository): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const { name, source, value } of [...apps, ...operators]) {
    if (value.name === name) continue;
    diagnostics.push(
      diagnosticAt(source, ['name'], {
        code: 'name-differs',
        what: `the name is '${value.name}', but ${source.file} says '${name}'`,
        why: 'other files refer to it by the name of its folder',
        fix: `write name: '${name}'`,
      }),
    );
  }
  for (const { name, source, value } of clusters) {
    if (!dnsLabel.safeParse(name).success) {
      diagnostics.push(
        diagnosticOfFile(source.file, {
          code: 'bad-name',
          what: `an environment cannot have the name '${name}'`,
          why: 'the name is part of paths and of host names',
          fix: "rename it: a-z, 0-9 and '-' with a letter or digit at both ends",
        }),
      );
      continue;
    }
    if (value.name === name || value.name.endsWith(`-${name}`)) continue;
    diagnostics.push(
      diagnosticAt(source, ['name'], {
        code: 'name-differs',
        what: `the cluster's name is '${value.name}', but its folder is '${name}'`,
        why: "the cluster's name must end with the environment's name, so that no two environments share a cluster",
        fix: `write name: ${name} or name: TEAM-${name}`,
      }),
    );
  }
  for (const app of apps) diagnostics.push(...checkAppName(app, operators), ...checkJobName(app, apps));
  return diagnostics;
}

/** Names of the environment's own objects that no app can have, each with the reason. */
const kept: readonly { name: RegExp; whose: string; why: string }[] = [
  {
    name: /^(?:default|kube-.*)$/,
    whose: 'a name that Kubernetes reserves',
    why: 'an app owns the namespace of its name, and Kubernetes uses this one',
  },
  {
    name: new RegExp(`^${peopleNamespace}$`),
    whose: "the namespace of people's certificates",
    why: 'an app owns the namespace of its name',
  },
  {
    name: new RegExp(`^${environmentAuthority}$`),
    whose: 'the root authority of the environment',
    why: 'the authority of an app has its name, and both would use the same Secret',
  },
  {
    name: new RegExp(`^(?:${databaseCluster(accountsOperator)}|${migrationsName(accountsOperator)})$`),
    whose: `a component of operators/${accountsOperator}, the accounts of people`,
    why: 'both would have the same folder of manifests',
  },
  {
    name: previewPattern,
    whose: 'the name of an app in the preview of a pull request',
    why: 'both would own one namespace',
  },
  {
    name: /^constructor$/,
    whose: 'a property of every object in JavaScript',
    why: 'the tools that render it would take that property for the app',
  },
  {
    name: /^default-deny$/,
    whose: 'the name of the network policy that denies all undeclared traffic',
    why: 'the network policy of an app has its name, and both would be in one namespace',
  },
];

/** The namespace of an app and the folders of its components must belong to nothing else. */
function checkAppName({ name, source, value }: Loaded<App>, operators: Loaded<Operator>[]): Diagnostic[] {
  const components = [
    name,
    ...(value.database === undefined ? [] : [databaseCluster(name)]),
    ...(value.database?.migrations === undefined ? [] : [migrationsName(name)]),
    ...(value.job === undefined ? [] : [jobName(name)]),
  ];
  return refusedNames(name, operators, components).map((words) =>
    diagnosticAt(source, ['name'], { ...words, fix: `rename apps/${name}` }),
  );
}

/**
 * The first reason why an app cannot have a name; `components` returns the components of an app of that name.
 */
export function refusedNames(
  name: string,
  operators: readonly Loaded<Operator>[],
  components: readonly string[] = [name],
): Pick<Diagnostic, 'code' | 'what' | 'why'>[] {
  const keeper = kept.find((each) => each.name.test(name));
  if (keeper !== undefined)
    return [{ code: 'name-reserved', what: `'${name}' is ${keeper.whose}`, why: keeper.why }];
  const operator = operators.find((each) => components.includes(each.name));
  if (operator !== undefined) {
    const what = `'${operator.name}' is already the operator of ${reference(operator.source, ['name'])}`;
    return [{ code: 'name-taken', what, why: 'both would have the same namespace and folder of manifests' }];
  }
  const host = operators.find((each) => each.value.namespace === name);
  if (host === undefined) return [];
  const what = `'${name}' is already the namespace of ${reference(host.source, ['namespace'])}`;
  return [{ code: 'name-taken', what, why: 'an app owns the namespace of its name' }];
}

/** The job of an app has its own component name, which no app may have. */
function checkJobName({ name, source, value }: Loaded<App>, apps: Loaded<App>[]): Diagnostic[] {
  const other = value.job === undefined ? undefined : apps.find((each) => each.name === jobName(name));
  if (other === undefined) return [];
  const words = {
    code: 'name-taken',
    what: `the job needs the component name '${other.name}', which is the name of an app`,
    why: 'both would have the same folder of manifests',
    fix: `rename apps/${other.name}`,
  };
  return [diagnosticAt(source, ['job'], words, 'key')];
}
