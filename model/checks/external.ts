import type { App } from '../app.ts';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { loginsOf, mailpitForApps, migrationsLogin } from '../external.ts';
import { diagnosticAt, type Loaded, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

/**
 * Each entry of `external` must belong to an edge, and each edge to an external service must have an entry.
 */
export function checkExternal(repository: Repository): Diagnostic[] {
  const { apps, clusters } = repository;
  const inEach = clusters.flatMap((cluster) => {
    const here = apps.filter(({ name }) => Object.hasOwn(cluster.value.apps, name));
    return [
      ...checkDatabases(cluster, repository),
      ...here.flatMap((app) => [...checkMail(app, cluster), ...checkLogins(app, cluster)]),
    ];
  });
  return [...apps.flatMap(checkMailTwice), ...inEach];
}

function checkDatabases(
  { name, source, value }: Loaded<Cluster>,
  { apps, appNames }: Repository,
): Diagnostic[] {
  return Object.keys(value.external.databases).flatMap((owner) => {
    const app = appNamed(apps, owner);
    // An app with schema errors is reported by its own check.
    if (app === undefined && appNames.has(owner)) return [];
    const runs = Object.hasOwn(value.apps, owner);
    if (app?.value.database !== undefined && runs) return [];
    const owners = apps.filter((each) => each.value.database !== undefined).map((each) => each.name);
    const words = {
      code: 'unknown-database',
      what: `the database of '${owner}' is external in ${name}, but ${app?.value.database === undefined ? 'the app owns none' : 'the app does not run there'}`,
      why:
        app === undefined
          ? `there is no apps/${owner}/app.ts`
          : runs
            ? `${reference(app.source, [])} declares no database`
            : `apps in ${source.file} does not list it`,
      fix:
        app === undefined || runs
          ? suggest(owner, owners, 'remove it')
          : `add ${owner}: to apps, or remove this entry`,
    };
    return [diagnosticAt(source, ['external', 'databases', owner], words, 'key')];
  });
}

function mailUses({ value }: Loaded<App>): number[] {
  return value.uses.flatMap((use, i) => (use.kind === 'mail' ? [i] : []));
}

function checkMailTwice(app: Loaded<App>): Diagnostic[] {
  return mailUses(app)
    .slice(1)
    .map((i) =>
      diagnosticAt(app.source, ['uses', i], {
        code: 'use-twice',
        what: `'${app.name}' uses mail twice`,
        why: 'an environment has one mail server',
        fix: 'remove it',
      }),
    );
}

/** A mail edge needs a mail server in each environment of the app. */
function checkMail(app: Loaded<App>, cluster: Loaded<Cluster>): Diagnostic[] {
  const [use] = mailUses(app);
  if (use === undefined || cluster.value.external.mail !== undefined || mailpitForApps(cluster.value))
    return [];
  const words = {
    code: 'unmet-edge',
    what: `'${app.name}' uses mail, which ${cluster.name} does not provide`,
    why: `${cluster.source.file} names no mail server`,
    fix: 'add external: { mail: { host: smtp.example.org, networks: [192.0.2.0/24] } } to it',
  };
  return [diagnosticAt(app.source, ['uses', use], words)];
}

/** The secrets with logins of external services must not have the names of the app's own secrets. */
function checkLogins({ name, source, value }: Loaded<App>, cluster: Loaded<Cluster>): Diagnostic[] {
  const logins = [...loginsOf(value, cluster.value), migrationsLogin(value, cluster.value)];
  return value.uses.flatMap((use, i) => {
    if (use.kind !== 'secret' || !logins.some((login) => login?.name === use.name)) return [];
    const words = {
      code: 'name-taken',
      what: `'${name}' has a secret '${use.name}' of its own`,
      why: `in ${cluster.name} the secret of that name is a login of an external service (${reference(cluster.source, ['external'])})`,
      fix: 'rename the secret of the app',
    };
    return [diagnosticAt(source, ['uses', i, 'name'], words)];
  });
}
