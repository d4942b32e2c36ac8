import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { suggest } from '../diagnostics/nearest.ts';
import { runsIn } from '../environment.ts';
import { externalDatabase } from '../external.ts';
import { gatewayAuthority, gatewayTls } from '../gateway.ts';
import {
  authorityCommonName,
  environmentAuthority,
  longestCommonName,
  mutualPort,
  whoHasAuthorities,
} from '../identity.ts';
import type { FieldPath, Loaded, Source } from '../reading/source.ts';
import { diagnosticAt, reference } from '../reading/source.ts';
import { registryHasTls, registryName } from '../registry.ts';
import { appNamed, type Repository } from '../repository.ts';
import type { Cluster } from '../schema/cluster.ts';
import { accountsOperator, databaseCluster, databaseUse, retiredDatabases } from '../schema/database.ts';
import { inSeconds } from '../schema/duration.ts';

/**
 * The certificate settings of cluster.yaml must leave no gap in validity, and must name existing authorities.
 */
export function checkClusterIdentity(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  return [
    ...checkValidity(cluster.source, cluster.value),
    ...checkCommonNames(cluster, repository),
    ...checkRoots(cluster, repository),
    ...checkPeople(cluster, repository),
    ...checkDatabases(cluster, repository),
  ];
}

/**
 * Minimum values of cert-manager, in seconds (its documentation, 'Certificate', duration and renewBefore).
 */
const shortest = { duration: 3600, renewBefore: 300 };

function checkValidity(source: Source, { identity }: Cluster): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  const report = (path: FieldPath, code: string, what: string, why: string, fix: string) =>
    diagnostics.push(diagnosticAt(source, ['identity', ...path], { code, what, why, fix }));
  for (const kind of ['certificates', 'ca'] as const) {
    const { duration, renewBefore } = identity[kind];
    const [valid, early] = [inSeconds(duration), inSeconds(renewBefore)];
    if (valid < shortest.duration) {
      report(
        [kind, 'duration'],
        'too-short',
        `the certificate duration is ${duration}`,
        'the minimum of cert-manager is one hour',
        'write duration: 1h or more',
      );
    }
    if (early < shortest.renewBefore) {
      report(
        [kind, 'renewBefore'],
        'none-valid',
        `the certificate renewBefore is ${renewBefore}`,
        'a renewed certificate reaches a process after up to two minutes, and cert-manager repeats a failed attempt after minutes',
        'write renewBefore: 5m or more',
      );
    }
    if (valid - early < shortest.renewBefore) {
      report(
        [kind, 'renewBefore'],
        'none-valid',
        `the certificate duration is ${duration} and its renewBefore ${renewBefore}`,
        'each certificate would be due for renewal before a process has loaded it',
        'write a renewBefore that is at least 5m shorter than duration',
      );
    }
  }
  if (inSeconds(identity.certificates.duration) > inSeconds(identity.ca.renewBefore)) {
    report(
      ['certificates', 'duration'],
      'leaf-outlives-ca',
      `a certificate with the duration ${identity.certificates.duration} can outlive its CA`,
      `the CA is renewed ${identity.ca.renewBefore} before its end, so a certificate issued just before must not be valid for longer`,
      `write a duration of at most ${identity.ca.renewBefore}, or a longer ca.renewBefore`,
    );
  }
  return diagnostics;
}

/**
 * The authorities of a cluster by name, each with its app; undefined for authorities of operators, of the environment, of the
 * gateway and of the registry.
 */
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
    ...(gatewayTls(value) === 'authority' ? [[gatewayAuthority, undefined] as const] : []),
    ...(registryHasTls(value) ? [[registryName, undefined] as const] : []),
  ]);
}

function checkCommonNames(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  const { source, value } = cluster;
  return [...authoritiesOf(cluster, repository)].flatMap(([authority, app]) => {
    const generation = Math.max(...(value.identity.roots[authority]?.trusted ?? [1]));
    const name = authorityCommonName(value, authority, generation);
    if (name.length <= longestCommonName) return [];
    const words = {
      code: 'common-name-too-long',
      what: `the CN of the CA of '${authority}' would be '${name}'`,
      why: `it has ${name.length} characters, and a CN has at most ${longestCommonName} (RFC 5280): cert-manager would issue no certificate`,
      fix: `shorten the cluster's name${app === undefined ? '' : ' or the name of the app'} by ${name.length - longestCommonName}`,
    };
    return [diagnosticAt(source, app === undefined ? ['name'] : ['apps', app], words, 'key')];
  });
}

function checkRoots(cluster: Loaded<Cluster>, repository: Repository): Diagnostic[] {
  const { source, value } = cluster;
  const diagnostics: Diagnostic[] = [];
  const known = [...authoritiesOf(cluster, repository).keys()];
  for (const [name, { trusted, issuing }] of Object.entries(value.identity.roots)) {
    const path = ['identity', 'roots', name];
    if (!known.includes(name)) {
      const words = {
        code: 'unknown-authority',
        what: `there is no authority '${name}'`,
        why: whoHasAuthorities,
        fix: suggest(name, known, 'remove it'),
      };
      diagnostics.push(diagnosticAt(source, path, words, 'key'));
    }
    if (!trusted.includes(issuing)) {
      diagnostics.push(
        diagnosticAt(source, [...path, 'issuing'], {
          code: 'issuer-not-trusted',
          what: `generation ${issuing} of '${name}' issues certificates but is not trusted`,
          why: 'both sides would refuse these certificates',
          fix: `add ${issuing} to trusted`,
        }),
      );
    }
    if (new Set(trusted).size < trusted.length) {
      diagnostics.push(
        diagnosticAt(source, [...path, 'trusted'], {
          code: 'duplicate-generation',
          what: `the same generation of '${name}' is trusted twice`,
          why: 'one of the two is probably a typing error',
          fix: 'remove one of them',
        }),
      );
    }
  }
  return diagnostics;
}

function checkPeople({ name, source, value }: Loaded<Cluster>, { apps, appNames }: Repository): Diagnostic[] {
  const mutual = apps.filter((app) => mutualPort(app.value)).map((app) => app.name);
  return Object.entries(value.people).flatMap(([person, { uses }]) =>
    uses.flatMap((use, i) => {
      const app = appNamed(apps, use);
      // An app with schema errors is reported by its own check.
      if (app === undefined && appNames.has(use)) return [];
      if (app !== undefined && mutual.includes(use) && Object.hasOwn(value.apps, use)) return [];
      const why =
        app === undefined
          ? `there is no apps/${use}/app.ts`
          : mutual.includes(use)
            ? `'${use}' does not run in ${name}`
            : `${reference(app.source, ['ports'])} has no port with tls: 'mutual'`;
      return [
        diagnosticAt(source, ['people', person, 'uses', i], {
          code: 'nothing-to-call',
          what: `'${person}' calls '${use}' with a certificate`,
          why,
          fix: mutual.includes(use) ? `add ${use}: to apps` : suggest(use, mutual, 'remove it'),
        }),
      ];
    }),
  );
}

function checkDatabases({ name, source, value }: Loaded<Cluster>, { apps }: Repository): Diagnostic[] {
  return apps.flatMap((app) => {
    if (!Object.hasOwn(value.apps, app.name)) return [];
    const use = databaseUse(app.value);
    if (use === undefined || appNamed(apps, use.of)?.value.database === undefined) return [];
    if (Object.hasOwn(value.apps, use.of)) return [];
    const words = {
      code: 'app-not-enabled',
      what: `'${app.name}' uses the database of '${use.of}', which does not run in ${name}`,
      why: `${reference(app.source, ['uses', app.value.uses.indexOf(use), 'of'])} names it`,
      fix: `add ${use.of}: to apps`,
    };
    return [diagnosticAt(source, ['apps', app.name], words, 'key')];
  });
}
