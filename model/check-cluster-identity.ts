import type { Cluster } from './cluster.ts';
import { databaseCluster, databaseUse } from './database.ts';
import { inSeconds } from './duration.ts';
import { environmentAuthority, mutualPort } from './identity.ts';
import { suggest } from './nearest.ts';
import type { Problem } from './problem.ts';
import { appNamed, type Repository } from './repository.ts';
import type { FieldPath, Loaded, Source } from './source.ts';
import { problemAt, reference } from './source.ts';

/** What cluster.yaml says of certificates must leave a valid one at every moment, and name what there is. */
export function checkClusterIdentity(cluster: Loaded<Cluster>, repository: Repository): Problem[] {
  return [
    ...checkValidity(cluster.source, cluster.value),
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

function checkRoots({ source, value }: Loaded<Cluster>, { apps }: Repository): Problem[] {
  const problems: Problem[] = [];
  const here = apps.filter(({ name }) => Object.hasOwn(value.apps, name));
  const known = [
    ...here.filter((app) => mutualPort(app.value)).map(({ name }) => name),
    ...here.filter((app) => app.value.database).map(({ name }) => databaseCluster(name)),
    ...(value.identity.authorities === 'intermediate' ? [environmentAuthority] : []),
  ];
  for (const [name, { trusted, issuing }] of Object.entries(value.identity.roots)) {
    const path = ['identity', 'roots', name];
    if (!known.includes(name)) {
      const words = {
        code: 'unknown-authority',
        what: `there is no authority '${name}'`,
        why: 'authorities are those of apps with a mutual port, by name, and of databases, as NAME-db',
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
      // Of an app that does not fit its schema nothing is known; it is a problem already.
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
