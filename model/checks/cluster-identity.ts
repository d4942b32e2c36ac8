import { suggest } from '../diagnostics/nearest.ts';
import type { Problem } from '../diagnostics/problem.ts';
import { runsIn } from '../environment.ts';
import { externalDatabase } from '../external.ts';
import { authorityCommonName, environmentAuthority, longestCommonName, mutualPort } from '../identity.ts';
import type { FieldPath, Loaded, Source } from '../reading/source.ts';
import { problemAt, reference } from '../reading/source.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { accountsOperator, databaseCluster, databaseUse, retiredDatabases } from '../schema/database.ts';
import { inSeconds } from '../schema/duration.ts';

/** The certificate settings of cluster.yaml keep a valid certificate at every moment, and name existing authorities. */
export function checkClusterIdentity(cluster: Loaded<Cluster>, repository: Repository): Problem[] {
  return [
    ...checkValidity(cluster.source, cluster.value),
    ...checkCommonNames(cluster, repository),
    ...checkRoots(cluster, repository),
    ...checkPeople(cluster, repository),
    ...checkDatabases(cluster, repository),
  ];
}

/** cert-manager's own limits (its documentation, 'Certificate', duration and renewBefore). */
const shortest = { duration: 3600, renewBefore: 300 };

function checkValidity(source: Source, { identity }: Cluster): Problem[] {
  const problems: Problem[] = [];
  const report = (path: FieldPath, code: string, what: string, why: string, fix: string) =>
    problems.push(problemAt(source, ['identity', ...path], { code, what, why, fix }));
  for (const kind of ['certificates', 'ca'] as const) {
    const { duration, renewBefore } = identity[kind];
    const [valid, early] = [inSeconds(duration), inSeconds(renewBefore)];
    if (valid < shortest.duration) {
      report(
        [kind, 'duration'],
        'too-short',
        `certificates are to be valid for ${duration}`,
        'cert-manager issues none for less than an hour',
        'write duration: 1h or more',
      );
    }
    if (early < shortest.renewBefore) {
      report(
        [kind, 'renewBefore'],
        'none-valid',
        `certificates are to be renewed ${renewBefore} before their end`,
        'a renewed one reaches a process up to two minutes later, and a failed try is repeated after minutes',
        'write renewBefore: 5m or more',
      );
    }
    if (valid - early < shortest.renewBefore) {
      report(
        [kind, 'renewBefore'],
        'none-valid',
        `certificates of ${duration} are to be renewed ${renewBefore} before their end`,
        'each would be due again before processes have taken it up: none would ever be in use and current',
        'write a renewBefore that is at least 5m shorter than duration',
      );
    }
  }
  if (inSeconds(identity.certificates.duration) > inSeconds(identity.ca.renewBefore)) {
    report(
      ['certificates', 'duration'],
      'leaf-outlives-ca',
      `a certificate of ${identity.certificates.duration} may outlive its CA`,
      `the CA is renewed ${identity.ca.renewBefore} before its end: one issued just before has no longer to live than that`,
      `write a duration of at most ${identity.ca.renewBefore}, or a longer ca.renewBefore`,
    );
  }
  return problems;
}

/** The authorities of a cluster, by name, with the app that each is of; those of operators and of the environment are of none. */
function authoritiesOf(
  { value }: Loaded<Cluster>,
  { apps, operators }: Repository,
): Map<string, string | undefined> {
  const here = apps.filter(({ name }) => Object.hasOwn(value.apps, name));
  return new Map([
    ...here.filter((app) => mutualPort(app.value)).map(({ name }) => [name, name] as const),
    ...here
      .filter((app) => app.value.database && externalDatabase(value, app.name) === undefined)
      .map(({ name }) => [databaseCluster(name), name] as const),
    ...(value.signIn === undefined ? [] : [[databaseCluster(accountsOperator), undefined] as const]),
    ...retiredDatabases(value)
      .filter(({ data }) => data === 'keep')
      .map(({ database }) => [databaseCluster(database), database] as const),
    ...operators
      .filter((operator) => operator.value.server !== undefined && runsIn(operator.value, value))
      .map((operator) => [operator.name, undefined] as const),
    ...(value.identity.authorities === 'intermediate' ? [[environmentAuthority, undefined] as const] : []),
  ]);
}

function checkCommonNames(cluster: Loaded<Cluster>, repository: Repository): Problem[] {
  const { source, value } = cluster;
  return [...authoritiesOf(cluster, repository)].flatMap(([authority, app]) => {
    const generation = Math.max(...(value.identity.roots[authority]?.trusted ?? [1]));
    const name = authorityCommonName(value, authority, generation);
    if (name.length <= longestCommonName) return [];
    const words = {
      code: 'common-name-too-long',
      what: `the CA of '${authority}' would be called '${name}'`,
      why: `that has ${name.length} letters, and a certificate has room for ${longestCommonName}: cert-manager would issue none`,
      fix: `shorten the cluster's name${app === undefined ? '' : ' or that of the app'} by ${name.length - longestCommonName}`,
    };
    return [problemAt(source, app === undefined ? ['name'] : ['apps', app], words, 'key')];
  });
}

function checkRoots(cluster: Loaded<Cluster>, repository: Repository): Problem[] {
  const { source, value } = cluster;
  const problems: Problem[] = [];
  const known = [...authoritiesOf(cluster, repository).keys()];
  for (const [name, { trusted, issuing }] of Object.entries(value.identity.roots)) {
    const path = ['identity', 'roots', name];
    if (!known.includes(name)) {
      const words = {
        code: 'unknown-authority',
        what: `there is no authority '${name}'`,
        why: 'authorities are those of apps with a mutual port, by name, of databases, as NAME-db, and of operators that serve over mutual TLS',
        fix: suggest(name, known, 'remove it'),
      };
      problems.push(problemAt(source, path, words, 'key'));
    }
    if (!trusted.includes(issuing)) {
      problems.push(
        problemAt(source, [...path, 'issuing'], {
          code: 'issuer-not-trusted',
          what: `generation ${issuing} of '${name}' issues and is not trusted`,
          why: 'everyone would refuse the certificates that it issues',
          fix: `add ${issuing} to trusted`,
        }),
      );
    }
    if (new Set(trusted).size < trusted.length) {
      problems.push(
        problemAt(source, [...path, 'trusted'], {
          code: 'duplicate-generation',
          what: `a generation of '${name}' is trusted twice`,
          why: 'one of the two may have been meant to be another',
          fix: 'remove one of them',
        }),
      );
    }
  }
  return problems;
}

function checkPeople({ name, source, value }: Loaded<Cluster>, { apps, appNames }: Repository): Problem[] {
  const mutual = apps.filter((app) => mutualPort(app.value)).map((app) => app.name);
  return Object.entries(value.people).flatMap(([person, { uses }]) =>
    uses.flatMap((use, i) => {
      const app = appNamed(apps, use);
      // An app that does not fit its schema has its own problem.
      if (app === undefined && appNames.has(use)) return [];
      if (app !== undefined && mutual.includes(use) && Object.hasOwn(value.apps, use)) return [];
      const why =
        app === undefined
          ? `there is no apps/${use}/app.ts`
          : mutual.includes(use)
            ? `'${use}' does not run in ${name}`
            : `${reference(app.source, ['ports'])} has no port with tls: 'mutual'`;
      return [
        problemAt(source, ['people', person, 'uses', i], {
          code: 'nothing-to-call',
          what: `'${person}' is to call '${use}' with a certificate`,
          why,
          fix: mutual.includes(use) ? `add ${use}: to apps` : suggest(use, mutual, 'remove it'),
        }),
      ];
    }),
  );
}

function checkDatabases({ name, source, value }: Loaded<Cluster>, { apps }: Repository): Problem[] {
  return apps.flatMap((app) => {
    if (!Object.hasOwn(value.apps, app.name)) return [];
    const use = databaseUse(app.value);
    if (use === undefined || appNamed(apps, use.of)?.value.database === undefined) return [];
    if (Object.hasOwn(value.apps, use.of)) return [];
    const words = {
      code: 'app-not-enabled',
      what: `'${app.name}' uses the database of '${use.of}', which does not run in ${name}`,
      why: `so says ${reference(app.source, ['uses', app.value.uses.indexOf(use), 'of'])}`,
      fix: `add ${use.of}: to apps`,
    };
    return [problemAt(source, ['apps', app.name], words, 'key')];
  });
}
