import { field, textField } from '../../charts/kube/field.ts';
import { kindOf, objectId } from '../../charts/kube/object-id.ts';
import type { Problem } from '../../model/diagnostics/problem.ts';
import type { Environment } from '../../model/graph.ts';
import { placeInFile } from '../../model/reading/place-in-file.ts';
import type { FieldPath } from '../../model/reading/source.ts';
import { databasesOf, retirement } from '../../model/schema/database.ts';
import { quantityOf } from '../../model/schema/quantity.ts';
import { type DataManifest, dataOf } from './data.ts';

/**
 * What was rendered before and holds data is described on, unless a line says what becomes of it; and no volume is made
 * smaller. `before` may describe a thing several times, as the disk and as Git have it.
 */
export function checkData(
  root: string,
  environments: readonly Environment[],
  before: readonly DataManifest[],
  files: ReadonlyMap<string, string>,
): Problem[] {
  const after = new Map(
    dataOf(files).map(({ environment, object }) => [`${environment} ${objectId(object)}`, object]),
  );
  const found = new Map<string, Problem>();
  for (const old of before) {
    const env = environments.find(({ name }) => name === old.environment);
    if (env === undefined) continue;
    const id = objectId(old.object);
    const now = after.get(`${env.name} ${id}`);
    const problem =
      now === undefined ? lost(root, env, old) : smaller(root, env, old, sizeOf(old), textSize(now));
    if (problem !== undefined) found.set(`${env.name} ${id} ${problem.code}`, problem);
  }
  return [...found.values()];
}

function lost(root: string, env: Environment, { object, file }: DataManifest): Problem | undefined {
  // A claim stays where it is when its manifest goes: charts/kube/volume-claim.ts.
  if (kindOf(object) !== 'Cluster.postgresql.cnpg.io') return undefined;
  const app = object.metadata.name.replace(/-db$/, '');
  if (retirement(env, app) !== undefined) return undefined;
  const cluster = `clusters/${env.name}/cluster.yaml`;
  const entry = (more: string) => `retired: [{ database: ${app}, data: ${more}, reason: '…' }]`;
  return {
    code: 'database-not-retired',
    file: cluster,
    ...placeInFile(root, cluster, ['apps'], 'key'),
    what: `the database of '${app}' would go from ${env.name}: no app describes it any more`,
    why: `${file} describes it, and what it holds is in no file; an app that was renamed starts with an empty one`,
    fix: `describe it again, or say what becomes of its data: ${entry(`keep, storage: ${textSize(object) ?? '1Gi'}`)}, or ${entry('delete')}; docs/moving-a-database.md has how data moves`,
  };
}

function smaller(
  root: string,
  env: Environment,
  { object, file }: DataManifest,
  old: number | undefined,
  now: string | undefined,
): Problem | undefined {
  const size = quantityOf(now);
  if (old === undefined || size === undefined || size >= old) return undefined;
  const [source, path] = placeOf(env, object.metadata.name);
  return {
    code: 'volume-shrinks',
    file: source,
    ...placeInFile(root, source, path),
    what: `in ${env.name}, ${objectId(object)} would have ${now} instead of ${textSize(object)}`,
    why: `a volume can grow and never shrink, and ${file} describes one that may hold data`,
    fix: `write ${textSize(object)}; or, where no cluster was ever made of it: git rm --cached ${file} && rm ${file}, and commit that`,
  };
}

/** Where the size of a database or of an operator's volume is written. */
function placeOf(env: Environment, name: string): [file: string, path: FieldPath] {
  const cluster = `clusters/${env.name}/cluster.yaml`;
  const app = name.replace(/-db$/, '');
  const retired = env.cluster.retired.findIndex(({ database }) => database === app);
  const operator = env.operators.find((each) => each.name === name);
  if (operator?.volumeSize !== undefined) return [cluster, operator.volumeSize];
  if (retired !== -1) return [cluster, ['retired', retired, 'storage']];
  if (databasesOf(env).some((database) => database.app === app))
    return [`apps/${app}/app.ts`, ['database', 'storage']];
  return [cluster, []];
}

function sizeOf({ object }: DataManifest): number | undefined {
  return quantityOf(textSize(object));
}

function textSize(object: DataManifest['object']): string | undefined {
  return field(object, 'spec', 'storage') === undefined
    ? textField(object, 'spec', 'resources', 'requests', 'storage')
    : textField(object, 'spec', 'storage', 'size');
}
