import type { Checked } from '../../charts/checks/check.ts';
import type { OverQuota } from '../../charts/checks/quotas.ts';
import type { Violation } from '../../charts/checks/violation.ts';
import { field } from '../../charts/kube/field.ts';
import { descriptionPath, extraFileOf, sourceOf } from '../../charts/order/owners.ts';
import type { Diagnostic, Words } from '../../model/diagnostics/diagnostic.ts';
import type { Environment } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import type { FieldPath } from '../../model/reading/source.ts';

/** Results of the checks of one environment. */
export interface CheckedEnvironment extends Checked {
  env: Environment;
  /** Shortages of its nodes. */
  shortages: Words[];
  /** Previews that need more than their quota. */
  overQuota: OverQuota[];
}

/** Diagnostics of pods that do not fit the nodes, at `nodes` of that environment's cluster.yaml, or the quota of previews, at `previews`. */
export function shortageDiagnostics(root: string, checked: readonly CheckedEnvironment[]): Diagnostic[] {
  return checked.flatMap(({ env, shortages, overQuota }) => {
    const file = `clusters/${env.name}/cluster.yaml`;
    return [
      ...shortages.map((words) => ({ file, ...placeInFile(root, file, ['nodes'], 'key'), ...words })),
      ...overQuota.map(({ limit, words }) => ({
        file,
        ...placeInFile(root, file, ['previews', limit]),
        ...words,
      })),
    ];
  });
}

/** Violations as diagnostics: one per violation in any number of environments, at the line of the description that can have an exception. */
export function findingDiagnostics(root: string, checked: readonly CheckedEnvironment[]): Diagnostic[] {
  const all = checked.flatMap(({ env, violations }) =>
    violations.map((violation) => ({
      violation,
      env: env.name,
      file: sourceOf(env, violation.component),
      at: descriptionPath(env, violation.component),
      extra: extraFileOf(env, violation.component, violation.object),
    })),
  );
  const same = Map.groupBy(all, ({ violation, file }) => JSON.stringify([violation, file]));
  return [...same.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [diagnostic(root, first, group.map(({ env }) => env).join(', '))];
  });
}

interface Found {
  violation: Violation;
  file: string;
  /** Place of the description in its file. */
  at: FieldPath;
  /** The file under `extra` that has the object; undefined if the object is derived. */
  extra: string | undefined;
}

function diagnostic(root: string, { violation, file, at, extra }: Found, env: string): Diagnostic {
  const { rule, object, what, why, fix, field } = violation;
  const except =
    at.length === 0
      ? `add an exception in ${file}: exceptions: [{ rule: '${rule}', reason: '…' }]`
      : 'change app.ts in the pull request and open its preview again';
  return {
    code: rule,
    ...(extra === undefined
      ? { file, ...placeInFile(root, file, [...at, ...field]) }
      : { file: extra, ...placeInFile(root, extra, ['metadata', 'name']) }),
    what: `in ${env}, ${object} ${what}`,
    why,
    fix: `${fix}; or ${except}`,
  };
}

/**
 * Exceptions without a violation in any environment: they would hide a later violation.
 * Call this only if all environments were checked.
 */
export function needlessExceptions(root: string, checked: readonly CheckedEnvironment[]): Diagnostic[] {
  const used = new Set(
    checked.flatMap(({ env, excepted }) =>
      excepted.map(({ component, rule }) => `${sourceOf(env, component)} ${rule}`),
    ),
  );
  const written = new Map(
    checked.flatMap(({ env }) =>
      // The exceptions of a preview are those of its app.
      [...env.operators, ...env.apps.filter(({ preview }) => preview === undefined)].flatMap(
        ({ name, exceptions }) =>
          exceptions.flatMap(({ rule, only }, index) => {
            if (only !== undefined && field(env.cluster, ...only.split('.')) === undefined) return [];
            const file = sourceOf(env, name);
            return [[`${file} ${rule}`, { file, rule, index }] as const];
          }),
      ),
    ),
  );
  return [...written]
    .filter(([key]) => !used.has(key))
    .map(([, { file, rule, index }]) => ({
      code: 'needless-exception',
      file,
      ...placeInFile(root, file, ['exceptions', index]),
      what: `the exception from the rule ${rule} is not needed`,
      why: 'it would hide a later violation',
      fix: 'remove the exception',
    }));
}
