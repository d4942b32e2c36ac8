import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { App } from '../../model/app.ts';
import { externalDatabase, mailpitForApps, usesMail } from '../../model/external.ts';
import type { Environment } from '../../model/graph.ts';
import {
  type DatabaseRights,
  databaseLogin,
  databaseName,
  databaseRole,
  databaseUse,
} from '../../model/schema/database.ts';
import type { ExternalDatabase } from '../../model/schema/external.ts';
import { mailpit } from '../../model/sign-in.ts';
import { type Flow, pods } from '../kube/network-policy.ts';
import type { Mounts } from './mounts.ts';

/** Folder in the container with the CA certificates of external services. */
const folder = '/external';

/** Keys of the ConfigMap with the CA certificates of external services. */
const files = { database: 'database.crt', mail: 'mail.crt' } as const;

/** A pod's access to an external database: an app has the rights of its edge, its migrations have those of the owner. */
interface Access {
  of: string;
  as: DatabaseRights;
}

/** Variables and mounts by which a pod finds and verifies external services. */
interface ExternalFiles extends Mounts {
  env: k8s.EnvVar[];
}

/** The external services that pods call; empty if the cluster provides them. */
interface Called {
  database?: ExternalDatabase & Access;
  mail?: NonNullable<Environment['cluster']['external']['mail']>;
  /** Mailpit in the same cluster, which takes every mail and sends none. */
  mailpit?: true;
}

function calledBy({ cluster }: Environment, access: Access | undefined, mail: boolean): Called {
  const database = access && externalDatabase(cluster, access.of);
  return {
    ...(access === undefined || database === undefined ? {} : { database: { ...database, ...access } }),
    ...(mail && cluster.external.mail !== undefined ? { mail: cluster.external.mail } : {}),
    ...(mail && mailpitForApps(cluster) ? { mailpit: true } : {}),
  };
}

/** The external services that an app itself calls. */
function calledByApp(env: Environment, app: Pick<App, 'uses'>): Called {
  return calledBy(env, databaseUse(app), usesMail(app));
}

/** Name of a component's ConfigMap with the CA certificates of the external services that its pods call. */
function externalName(component: string): string {
  return `${component}-external`;
}

function authoritiesOf({ database, mail }: Called): Record<string, string> {
  return {
    ...(database?.authority === undefined ? {} : { [files.database]: database.authority }),
    ...(mail?.authority === undefined ? {} : { [files.mail]: mail.authority }),
  };
}

/** ConfigMap with the CA certificates of the external services that an app calls, if cluster.yaml has any. */
export function externalAuthorities(chart: Chart, env: Environment, app: Pick<App, 'name' | 'uses'>): void {
  authoritiesMap(chart, app.name, app.name, authoritiesOf(calledByApp(env, app)));
}

/** The same for the migrations of an app, which run before it. */
export function migrationsAuthorities(chart: Chart, env: Environment, app: string, component: string): void {
  const called = calledBy(env, { of: app, as: 'owner' }, false);
  authoritiesMap(chart, component, app, authoritiesOf(called));
}

function authoritiesMap(
  chart: Chart,
  component: string,
  namespace: string,
  data: Record<string, string>,
): void {
  if (Object.keys(data).length === 0) return;
  new k8s.KubeConfigMap(chart, 'external', {
    metadata: { name: externalName(component), namespace },
    data,
  });
}

/** Variables and files by which an app finds and verifies external services. The login is a separate secret. */
export function externalFiles(env: Environment, app: Pick<App, 'name' | 'uses'>): ExternalFiles {
  return filesOf(app.name, calledByApp(env, app));
}

/** The same for the migrations of an app with an external database. */
export function migrationsFiles(env: Environment, app: string, component: string): ExternalFiles {
  return filesOf(component, calledBy(env, { of: app, as: 'owner' }, false));
}

function filesOf(component: string, called: Called): ExternalFiles {
  const { database, mail, mailpit: own } = called;
  const variables = {
    ...(database === undefined ? {} : databaseVariables(database)),
    ...(mail === undefined ? {} : mailVariables(mail)),
    ...(own === undefined ? {} : mailpitVariables),
  };
  const env = Object.entries(variables).map(([name, value]) => ({ name, value }));
  if (Object.keys(authoritiesOf(called)).length === 0) return { env, volumes: [], volumeMounts: [] };
  return {
    env,
    volumes: [{ name: 'external', configMap: { name: externalName(component) } }],
    volumeMounts: [{ name: 'external', mountPath: folder, readOnly: true }],
  };
}

/** Variables that libpq reads (PostgreSQL, 'Environment Variables'); `system` means the public authorities. */
function databaseVariables(database: ExternalDatabase & Access): Record<string, string> {
  const { of, as, host, port, roles, login, authority } = database;
  const at = `/secrets/${databaseLogin(as)}`;
  return {
    PGHOST: host,
    PGPORT: `${port}`,
    PGDATABASE: database.database ?? databaseName(of),
    PGUSER: roles[as] ?? databaseRole(of, as),
    PGSSLMODE: 'verify-full',
    PGSSLROOTCERT: authority === undefined ? 'system' : `${folder}/${files.database}`,
    ...(login === 'certificate' ? { PGSSLCERT: `${at}/tls.crt`, PGSSLKEY: `${at}/tls.key` } : {}),
  };
}

function mailVariables({ host, port, tls, authority }: NonNullable<Called['mail']>): Record<string, string> {
  return {
    SMTP_HOST: host,
    SMTP_PORT: `${port}`,
    SMTP_TLS: tls,
    ...(authority === undefined ? {} : { SMTP_CA: `${folder}/${files.mail}` }),
  };
}

/** Plain text inside the cluster: the network policies of both ends admit no other pods. */
const mailpitVariables = {
  SMTP_HOST: `${mailpit.name}.${mailpit.name}.svc.cluster.local`,
  SMTP_PORT: `${mailpit.smtp}`,
  SMTP_TLS: 'none',
} as const;

/** The flows of an app to external services: to the networks and the port of each. */
export function toExternal(env: Environment, app: Pick<App, 'uses'>): Flow[] {
  return flowsTo(calledByApp(env, app));
}

/** The same for the migrations of an app. */
export function migrationsToExternal(env: Environment, app: string): Flow[] {
  return flowsTo(calledBy(env, { of: app, as: 'owner' }, false));
}

function flowsTo({ database, mail, mailpit: own }: Called): Flow[] {
  const toMailpit = { peers: [pods(mailpit.name, mailpit.name)], ports: [{ port: mailpit.smtp }] };
  const outside = [database, mail].flatMap((each) =>
    each === undefined
      ? []
      : [{ peers: each.networks.map((cidr) => ({ ipBlock: { cidr } })), ports: [{ port: each.port }] }],
  );
  return own === undefined ? outside : [...outside, toMailpit];
}
