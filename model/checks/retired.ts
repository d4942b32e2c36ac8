import type { Problem } from '../diagnostics/problem.ts';
import { type Loaded, problemAt, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { databaseCluster } from '../schema/database.ts';

/** A database is retired once, when no app that runs there owns it, and under a name that is nobody else's. */
export function checkRetired(
  { source, value }: Loaded<Cluster>,
  { apps, operators, appNames }: Repository,
): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const [i, { database }] of value.retired.entries()) {
    const report = (code: string, what: string, why: string, fix: string) =>
      problems.push(problemAt(source, ['retired', i, 'database'], { code, what, why, fix }));
    const app = Object.hasOwn(value.apps, database) ? appNamed(apps, database) : undefined;
    if (seen.has(database)) {
      report(
        'retired-twice',
        `the database of '${database}' is retired a second time`,
        'the two could say different things of its data',
        'remove one of them',
      );
    } else if (app?.value.database !== undefined) {
      report(
        'retired-in-use',
        `the database of '${database}' is retired, and '${database}' runs here with it`,
        `${reference(app.source, ['database'])} describes it`,
        'remove it from retired, or take the app out of apps',
      );
    }
    seen.add(database);
    for (const name of [database, databaseCluster(database)]) {
      const operator = operators.find((each) => each.name === name);
      const taken =
        operator?.source.file ?? (name !== database && appNames.has(name) ? `apps/${name}` : undefined);
      if (taken === undefined) continue;
      report(
        'name-taken',
        `the database of '${database}' has the namespace and the component '${name}', and so has ${taken}`,
        'both would own the same objects',
        `write the name of the app that owned the database, or rename ${taken}`,
      );
    }
  }
  return problems;
}
