import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { externalDatabase } from '../external.ts';
import { diagnosticAt, type Loaded, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { accountsOperator, databaseCluster } from '../schema/database.ts';

/** A retired database or volume is listed once, and no running app may have it. */
export function checkRetired(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  return [...checkDatabases(cluster, repository), ...checkVolumes(cluster, repository)];
}

/** A volume stays in the namespace of its app, so no other object can have its name. */
function checkVolumes({ source, value }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  const seen = new Set<string>();
  return value.retired.flatMap((each, i) => {
    if (!('volume' in each)) return [];
    const { app: name, volume } = each;
    const report = (code: string, what: string, why: string, fix: string) => [
      diagnosticAt(source, ['retired', i, 'volume'], { code, what, why, fix }),
    ];
    const id = `${name} ${volume}`;
    if (seen.has(id)) {
      const what = `the volume '${volume}' of '${name}' is retired twice`;
      return report('retired-twice', what, 'one of the two is probably a typing error', 'remove it');
    }
    seen.add(id);
    const app = Object.hasOwn(value.apps, name) ? appNamed(apps, name) : undefined;
    if (app === undefined || !Object.hasOwn(app.value.volumes, volume)) return [];
    return report(
      'retired-in-use',
      `the volume '${volume}' of '${name}' is retired, but '${name}' runs here with it`,
      `${reference(app.source, ['volumes', volume])} describes it`,
      'remove it from retired, or remove the volume from the app',
    );
  });
}

/** A retired database needs its name: no app, operator or other entry of this environment may use it. */
function checkDatabases(
  { source, value }: Loaded<Cluster>,
  { apps, operators, appNames }: Repository,
): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const [i, each] of value.retired.entries()) {
    if (!('database' in each)) continue;
    const { database } = each;
    const report = (code: string, what: string, why: string, fix: string) =>
      diagnostics.push(diagnosticAt(source, ['retired', i, 'database'], { code, what, why, fix }));
    const app = Object.hasOwn(value.apps, database) ? appNamed(apps, database) : undefined;
    if (seen.has(database)) {
      report(
        'retired-twice',
        `the database of '${database}' is retired twice`,
        'the two entries can contradict each other',
        'remove one of them',
      );
    } else if (database === accountsOperator && value.signIn !== undefined) {
      report(
        'retired-in-use',
        'the database of accounts is retired, but signIn is set',
        `${reference(source, ['signIn'])} describes it`,
        'remove it from retired, or remove signIn',
      );
    } else if (app?.value.database !== undefined && externalDatabase(value, database) === undefined) {
      report(
        'retired-in-use',
        `the database of '${database}' is retired, but '${database}' runs here with it`,
        `${reference(app.source, ['database'])} describes it`,
        'remove it from retired, or remove the app from apps',
      );
    }
    seen.add(database);
    // The database of accounts belongs to an operator, whose folder still exists.
    if (database === accountsOperator) continue;
    for (const name of [database, databaseCluster(database)]) {
      const operator = operators.find((each) => each.name === name);
      const taken =
        operator?.source.file ?? (name !== database && appNames.has(name) ? `apps/${name}` : undefined);
      if (taken === undefined) continue;
      report(
        'name-taken',
        `the retired database of '${database}' has the namespace and the component '${name}', and so has ${taken}`,
        'both would have the same objects',
        `write the name of the app that owned the database, or rename ${taken}`,
      );
    }
  }
  return diagnostics;
}
