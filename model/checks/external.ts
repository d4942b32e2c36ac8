import type { App } from '../app.ts';
import { suggest } from '../diagnostics/nearest.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { loginsOf, mailpitForApps, migrationsLogin } from '../external.ts';
import { type Loaded, problemAt, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';

/** What others provide is for edges that there are, and every edge that others must provide is provided. */
export function checkExternal(repository: Repository): Problem[] {
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

function checkDatabases({ name, source, value }: Loaded<Cluster>, { apps, appNames }: Repository): Problem[] {
  return Object.keys(value.external.databases).flatMap((owner) => {
    const app = appNamed(apps, owner);
    // One that does not fit its schema has a problem of its own.
    if (app === undefined && appNames.has(owner)) return [];
    const runs = Object.hasOwn(value.apps, owner);
    if (app?.value.database !== undefined && runs) return [];
    const owners = apps.filter((each) => each.value.database !== undefined).map((each) => each.name);
    const words = {
      code: 'unknown-database',
      what: `others provide the database of '${owner}' in ${name}, and ${app?.value.database === undefined ? 'it owns none' : 'it does not run there'}`,
      why:
        app === undefined
          ? `there is no apps/${owner}/app.ts`
          : runs
            ? `${reference(app.source, [])} declares no database`
            : `apps of ${source.file} does not list it`,
      fix:
        app === undefined || runs
          ? suggest(owner, owners, 'remove it')
          : `add ${owner}: to apps, or remove it`,
    };
    return [problemAt(source, ['external', 'databases', owner], words, 'key')];
  });
}

function mailUses({ value }: Loaded<App>): number[] {
  return value.uses.flatMap((use, i) => (use.kind === 'mail' ? [i] : []));
}

function checkMailTwice(app: Loaded<App>): Problem[] {
  return mailUses(app)
    .slice(1)
    .map((i) =>
      problemAt(app.source, ['uses', i], {
        code: 'use-twice',
        what: `'${app.name}' uses mail a second time`,
        why: 'an environment has one server for mail',
        fix: 'remove it',
      }),
    );
}

/** An edge that nobody provides in this environment. */
function checkMail(app: Loaded<App>, cluster: Loaded<Cluster>): Problem[] {
  const [use] = mailUses(app);
  if (use === undefined || cluster.value.external.mail !== undefined || mailpitForApps(cluster.value))
    return [];
  const words = {
    code: 'unmet-edge',
    what: `'${app.name}' uses mail, which nobody provides in ${cluster.name}`,
    why: `${cluster.source.file} names no server for it`,
    fix: 'add external: { mail: { host: smtp.example.org, networks: [192.0.2.0/24] } } to it',
  };
  return [problemAt(app.source, ['uses', use], words)];
}

/** The names of logins are no names of the app's own secrets. */
function checkLogins({ name, source, value }: Loaded<App>, cluster: Loaded<Cluster>): Problem[] {
  const logins = [...loginsOf(value, cluster.value), migrationsLogin(value, cluster.value)];
  return value.uses.flatMap((use, i) => {
    if (use.kind !== 'secret' || !logins.some((login) => login?.name === use.name)) return [];
    const words = {
      code: 'name-taken',
      what: `'${name}' has a secret '${use.name}' of its own`,
      why: `in ${cluster.name} that is its login to what others provide (${reference(cluster.source, ['external'])})`,
      fix: 'give it another name',
    };
    return [problemAt(source, ['uses', i, 'name'], words)];
  });
}
