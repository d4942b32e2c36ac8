import type { App, Use } from './app.ts';
import { gatewayAuthority, gatewayNamespace, gatewayTls } from './gateway.ts';
import { gatewayHosts } from './gateway-hosts.ts';
import type { Environment, EnvironmentApp } from './graph.ts';
import { onceEach } from './once-each.ts';
import type { Operator } from './operator.ts';
import { needsSignIn, signInProxy, verifiesPeople } from './people.ts';
import { registryCertificate, registryHasTls, registryName, registryNames } from './registry.ts';
import type { Cluster } from './schema/cluster.ts';
import {
  databaseClient,
  databaseCluster,
  databaseRole,
  databasesOf,
  databaseUse,
  type OwnedDatabase,
} from './schema/database.ts';
import { exposedPorts } from './schema/exposes.ts';
import { mutualSignalStores } from './signal-stores.ts';

/** A certificate of a server or of a client. */
export interface Leaf {
  /** Name of the Certificate and of its Secret. */
  name: string;
  namespace: string;
  /** The authority that issues it. */
  authority: string;
  /** CN: the calling app, the database role, `person:NAME`, or a DNS name of the server. */
  commonName: string;
  /** DNS names of a server; empty for a client. */
  dnsNames: string[];
  usage: 'server' | 'client';
}

/** A private CA for one service and its permitted callers. */
export interface Authority {
  /**
   * Name of its ClusterIssuer: that of the app, its Postgres cluster or the operator; `gateway`; `registry`;
   * or `environment` for the root of all others.
   */
  name: string;
  kind: 'app' | 'database' | 'operator' | 'environment' | 'gateway' | 'registry';
  /** Generations of its CA whose certificates are trusted, sorted. */
  trusted: number[];
  /** Generation of its CA that issues. */
  issuing: number;
  /** The authority that callers trust: itself, or the environment's root. */
  anchor: string;
  /** Sorted by namespace and name. */
  leaves: Leaf[];
  /** The only domains for which it may issue (RFC 5280, section 4.2.1.10). Default: any. */
  permits?: string[];
}

/** For messages about a name that no authority has. */
export const whoHasAuthorities =
  "authorities exist for apps with a mutual port (NAME), databases (NAME-db), operators that serve with mutual TLS, 'gateway' if it has no certificates from elsewhere, 'registry' with overlay: tls, and 'environment' with authorities: intermediate";

/** The name of the root authority, where all others are intermediates. */
export const environmentAuthority = 'environment';

/** The namespace of the certificates of people. */
export const peopleNamespace = 'people';

/** All authorities of an environment with all their certificates, sorted by name. */
export const authorities: (env: Environment) => Authority[] = onceEach(derive);

/** The port with mutual TLS of an app; undefined where it has none. */
export function mutualPort(app: Pick<App, 'ports'>): { name: string; port: number } | undefined {
  const found = Object.entries(app.ports).find(([, { tls }]) => tls === 'mutual');
  return found && { name: found[0], port: found[1].port };
}

/** Apps that an app calls over mutual TLS, each once. */
export function mutualUses(
  app: Pick<App, 'uses'>,
  appNamed: (name: string) => Pick<App, 'ports'> | undefined,
): Use<'app'>[] {
  const seen = new Set<string>();
  return app.uses.filter((use): use is Use<'app'> => {
    if (use.kind !== 'app' || seen.has(use.app)) return false;
    if (appNamed(use.app)?.ports[use.port]?.tls !== 'mutual') return false;
    seen.add(use.app);
    return true;
  });
}

/**
 * The name of a person's Certificate for an app and of its Secret. Names of people and apps contain no dot,
 * so no two pairs share a name.
 */
export function personCertificate(person: string, app: string): string {
  return `${person}.${app}`;
}

/** The CN of a person's certificates. */
export function personName(person: string): string {
  return `person:${person}`;
}

/** Names of the permitted callers of an app's mutual port: apps, then people. */
export function callersOf(env: Environment, app: string): string[] {
  const authority = authorities(env).find(({ kind, name }) => kind === 'app' && name === app);
  const clients = authority?.leaves.filter(({ usage }) => usage === 'client') ?? [];
  return [...new Set(clients.map(({ commonName }) => commonName))].sort();
}

function derive(env: Environment): Authority[] {
  const found = [
    ...env.apps.filter((app) => mutualPort(app) !== undefined).map((app) => appAuthority(env, app)),
    ...databasesOf(env).map((database) => databaseAuthority(env, database)),
    ...env.operators.filter(({ server }) => server !== undefined).map((each) => operatorAuthority(env, each)),
  ];
  if (found.length > 0 && env.cluster.identity.authorities === 'intermediate') {
    found.push(authority(env.cluster, environmentAuthority, 'environment', []));
  }
  const hosts = gatewayHosts(env);
  if (hosts.length > 0 && gatewayTls(env.cluster) === 'authority') {
    found.push(gatewayOf(env.cluster, hosts));
  }
  if (registryHasTls(env.cluster)) found.push(registryOf(env.cluster));
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function appAuthority(env: Environment, app: EnvironmentApp): Authority {
  const { name } = app;
  const dnsNames = serviceNames(name, name);
  const server = leaf(name, name, `${name}-server`, {
    commonName: commonNameOf(dnsNames),
    dnsNames: app.host === undefined ? dnsNames : [...dnsNames, app.host],
  });
  const itself = (each: string) => (each === name ? app : undefined);
  const callers = env.apps.filter((caller) => mutualUses(caller, itself).length > 0);
  const people = Object.entries(env.cluster.people).filter(([, { uses }]) => uses.includes(name));
  const proxy = isAskedBySignIn(app)
    ? [leaf(name, signInProxy, clientCertificate(name), { commonName: signInProxy })]
    : [];
  return authority(env.cluster, name, 'app', [
    server,
    ...proxy,
    ...callers.map((caller) => leaf(name, caller.name, `${name}-client`, { commonName: caller.name })),
    ...people.map(([person]) =>
      leaf(name, peopleNamespace, personCertificate(person, name), { commonName: personName(person) }),
    ),
  ]);
}

/** Whether the sign-in proxy calls an app at its port with mutual TLS. */
export function isAskedBySignIn(app: Pick<App, 'ports' | 'exposes'>): boolean {
  const mutual = mutualPort(app)?.name;
  if (app.exposes === undefined || mutual === undefined || !needsSignIn(app)) return false;
  return exposedPorts(app.exposes).includes(mutual);
}

/**
 * The authority of an operator that serves with TLS. Its callers are operators, and apps that verify people or
 * read signals.
 */
function operatorAuthority(env: Environment, { name, namespace }: Operator): Authority {
  const dnsNames = serviceNames(name, namespace);
  const operators = env.operators.filter(({ calls }) => calls.includes(name));
  const apps = env.apps.filter((app) => callsOperator(env, app, name));
  const callers = [...operators, ...apps.map((app) => ({ name: app.name, namespace: app.name }))];
  return authority(env.cluster, name, 'operator', [
    leaf(name, namespace, serverCertificate(name), { commonName: commonNameOf(dnsNames), dnsNames }),
    ...callers.map((caller) =>
      leaf(name, caller.namespace, clientCertificate(name), { commonName: caller.name }),
    ),
  ]);
}

/** Whether an app calls an operator over mutual TLS: the keys of people, or a store of signals that it reads. */
function callsOperator({ cluster }: Environment, app: EnvironmentApp, name: string): boolean {
  if (name === signInProxy) return verifiesPeople(app);
  return mutualSignalStores(cluster, app).includes(name);
}

/** The name of an operator's server Certificate and of its Secret. */
export function serverCertificate(operator: string): string {
  return `${operator}-server`;
}

/** The name of another operator's client Certificate and of its Secret. */
export function clientCertificate(operator: string): string {
  return `${operator}-client`;
}

/**
 * The authority of a database. Postgres is a client too: each instance follows the primary as
 * `streaming_replica`.
 */
function databaseAuthority(env: Environment, { app: name, migrated, workloads }: OwnedDatabase): Authority {
  const cluster = databaseCluster(name);
  const dnsNames = ['rw', 'r', 'ro'].flatMap((service) => serviceNames(`${cluster}-${service}`, name));
  const users = env.apps.flatMap((app) => {
    const use = databaseUse(app);
    return use?.of === name ? [{ namespace: app.name, as: use.as }] : [];
  });
  if (migrated) users.push({ namespace: name, as: 'owner' });
  if (workloads !== undefined) users.push({ namespace: name, as: 'read-write' });
  const clients = users.map(({ namespace, as }) =>
    leaf(cluster, namespace, databaseClient(name, as), { commonName: databaseRole(name, as) }),
  );
  return authority(env.cluster, cluster, 'database', [
    leaf(cluster, name, `${cluster}-server`, { commonName: commonNameOf(dnsNames), dnsNames }),
    leaf(cluster, name, `${cluster}-replication`, { commonName: 'streaming_replica' }),
    ...clients,
  ]);
}

/**
 * The gateway's authority is a separate root, because people make their browsers trust it. Name constraints
 * limit it to the gateway's domains, so a stolen key cannot impersonate other sites.
 */
function gatewayOf(cluster: Cluster, hosts: string[]): Authority {
  const commonName = hosts.find(({ length }) => length <= longestCommonName) ?? gatewayAuthority;
  const server = leaf(gatewayAuthority, gatewayNamespace, gatewayAuthority, { commonName, dnsNames: hosts });
  const elsewhere = hosts.filter((host) => !host.endsWith(`.${cluster.domain}`));
  return {
    ...authority(cluster, gatewayAuthority, 'gateway', [server]),
    permits: [cluster.domain, ...elsewhere].sort(),
  };
}

/**
 * The registry's own root, below no other: nodes and machines of people trust it, for the names of the registry alone.
 */
function registryOf(cluster: Cluster): Authority {
  const dnsNames = registryNames(cluster);
  const server = leaf(registryName, registryName, registryCertificate, {
    commonName: commonNameOf(dnsNames),
    dnsNames,
  });
  return { ...authority(cluster, registryName, 'registry', [server]), permits: [...dnsNames].sort() };
}

function authority(cluster: Cluster, name: string, kind: Authority['kind'], leaves: Leaf[]): Authority {
  const { roots, authorities: how } = cluster.identity;
  const { trusted, issuing } = roots[name] ?? { trusted: [1], issuing: 1 };
  const byPlace = new Map(leaves.map((each) => [`${each.namespace}/${each.name}`, each]));
  return {
    name,
    kind,
    trusted: [...trusted].sort((a, b) => a - b),
    issuing,
    anchor: how === 'intermediate' && kind !== 'gateway' && kind !== 'registry' ? environmentAuthority : name,
    leaves: [...byPlace].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each),
  };
}

function leaf(
  authorityName: string,
  namespace: string,
  name: string,
  given: { commonName: string; dnsNames?: string[] },
): Leaf {
  const { commonName, dnsNames = [] } = given;
  const usage = dnsNames.length > 0 ? 'server' : 'client';
  return { name, namespace, authority: authorityName, commonName, dnsNames, usage };
}

/** The maximum length of a common name (RFC 5280, appendix A.1, ub-common-name). */
export const longestCommonName = 64;

/** The CN of a server: its longest DNS name that fits. Clients check the DNS names, not the CN. */
function commonNameOf(dnsNames: string[]): string {
  const name = dnsNames.find(({ length }) => length <= longestCommonName);
  if (name === undefined) throw new Error(`none of ${dnsNames.join(', ')} can be a common name`);
  return name;
}

/** The CN of an authority's certificate, for one generation. */
export function authorityCommonName(
  cluster: Pick<Cluster, 'name'>,
  name: string,
  generation: number,
): string {
  return `${cluster.name} ${name} ${generation}`;
}

/** All DNS names of a Service inside the cluster, the full one first. */
function serviceNames(service: string, namespace: string): string[] {
  return [
    `${service}.${namespace}.svc.cluster.local`,
    `${service}.${namespace}.svc`,
    `${service}.${namespace}`,
    service,
  ];
}
