import type { k8s } from 'cdk8s-plus-28';
import { externalDatabase } from '../../model/external.ts';
import { urlOf } from '../../model/gateway.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { callersOf, clientCertificate, mutualPort, mutualUses } from '../../model/identity.ts';
import {
  managesPeople,
  pagesHost,
  signInPorts,
  signInProxy,
  tokenAudiences,
  verifiesPeople,
} from '../../model/people.ts';
import {
  type DatabaseRights,
  databaseClient,
  databaseCluster,
  databaseName,
  databaseRole,
  databaseUse,
} from '../../model/schema/database.ts';
import { type SignalOverTls, signalsOverTls } from '../../model/signal-stores.ts';
import { externalFiles } from '../app/external.ts';
import { trustName } from '../kube/names.ts';

const folder = '/identity';
const postgresPort = 5432;

/** Files of a pod's identity (certificates and CA certificates), and the variables with their paths. */
export interface IdentityFiles {
  env: k8s.EnvVar[];
  volumes: k8s.Volume[];
  volumeMounts: k8s.VolumeMount[];
}

/** Identity files of an app: as a server at its mutual port, and as a client of other apps and of its database. */
export function identityFiles(env: Environment, app: EnvironmentApp): IdentityFiles {
  const server = mutualPort(app)
    ? [
        files('server', `${app.name}-server`, app.name, {
          IDENTITY_DIR: `${folder}/server`,
          CALLERS: callersOf(env, app.name).join(','),
        }),
      ]
    : [];
  const clients = mutualUses(app, (name) => env.apps.find((each) => each.name === name)).map((use) => {
    const called = env.apps.find(({ name }) => name === use.app);
    // The process knows the app by its name in apps/, also where a preview brings an app of its own.
    const known = called?.preview?.of ?? use.app;
    const prefix = known.toUpperCase().replaceAll('-', '_');
    const port = called?.ports[use.port]?.port;
    const place = `apps/${known}`;
    return files(place, `${use.app}-client`, use.app, {
      [`${prefix}_ADDRESS`]: `${use.app}.${use.app}.svc.cluster.local:${port}`,
      [`${prefix}_IDENTITY_DIR`]: `${folder}/${place}`,
    });
  });
  const use = databaseUse(app);
  return join([
    ...server,
    ...clients,
    ...(use && externalDatabase(env.cluster, use.of) === undefined ? [databaseFiles(use.of, use.as)] : []),
    externalFiles(env, app),
    ...(verifiesPeople(app) ? [peopleFiles(env, app)] : []),
    ...signalsOverTls(env.cluster, app).map(signalFiles),
  ]);
}

/** For an app that verifies tokens of people: address of the public keys, issuer and audiences. */
function peopleFiles(env: Environment, app: EnvironmentApp): IdentityFiles {
  const host = pagesHost(env.cluster);
  if (host === undefined)
    throw new Error(`${app.name} verifies tokens of people, but ${env.name} has no accounts`);
  const at = `${folder}/people`;
  const proxy = `https://${signInProxy}.${signInProxy}.svc.cluster.local:${signInPorts.keys}`;
  return files('people', clientCertificate(signInProxy), signInProxy, {
    PEOPLE_KEYS: `${proxy}/keys`,
    PEOPLE_IDENTITY_DIR: at,
    PEOPLE_ISSUER: urlOf(env.cluster, host),
    PEOPLE_AUDIENCES: tokenAudiences(env, app).join(','),
    ...(managesPeople(app) ? { PEOPLE_DIRECTORY: `${proxy}/people` } : {}),
  });
}

/** For an app that reads signals: the roots to trust, and its certificate if the store asks for one. */
function signalFiles({ signal, operator, server }: SignalOverTls): IdentityFiles {
  const variables = { [`${signal.toUpperCase()}_IDENTITY_DIR`]: `${folder}/${signal}` };
  if (server === 'mutual') return files(signal, clientCertificate(operator), operator, variables);
  return mounted(signal, variables, [
    // The app starts without the roots: its store, cert-manager and trust-manager may come later.
    {
      configMap: {
        name: trustName(operator),
        items: [{ key: 'roots.pem', path: 'roots.pem' }],
        optional: true,
      },
    },
  ]);
}

/** Identity files of a database client: all settings of libpq and of clients with its conventions, without a password. */
export function databaseFiles(of: string, access: DatabaseRights): IdentityFiles {
  const cluster = databaseCluster(of);
  const at = `${folder}/database`;
  // Reads go to any instance; with one instance that is the primary.
  const service = access === 'read-only' ? 'r' : 'rw';
  return files('database', databaseClient(of, access), cluster, {
    PGHOST: `${cluster}-${service}.${of}.svc.cluster.local`,
    PGPORT: `${postgresPort}`,
    PGDATABASE: databaseName(of),
    PGUSER: databaseRole(of, access),
    PGSSLMODE: 'verify-full',
    PGSSLCERT: `${at}/tls.crt`,
    PGSSLKEY: `${at}/tls.key`,
    PGSSLROOTCERT: `${at}/roots.pem`,
  });
}

/**
 * One folder with a certificate, its key and the CA certificates to trust. These come from the Bundle's
 * ConfigMap: `ca.crt` in the certificate's own Secret is its issuer, not the CA to trust. `place` is the
 * folder below `/identity`; apps have a subfolder of their own there, so that their names cannot collide with
 * derived ones.
 */
function files(
  place: string,
  secret: string,
  authority: string,
  variables: Record<string, string>,
): IdentityFiles {
  const item = (key: string) => ({ key, path: key });
  return mounted(place, variables, [
    { secret: { name: secret, items: [item('tls.crt'), item('tls.key')] } },
    { configMap: { name: trustName(authority), items: [item('roots.pem')] } },
  ]);
}

/** A folder below `/identity` with files of Secrets and ConfigMaps, and variables. */
function mounted(
  place: string,
  variables: Record<string, string>,
  sources: k8s.VolumeProjection[],
): IdentityFiles {
  const name = `identity-${place.replace('/', '-')}`;
  return {
    env: Object.entries(variables).map(([key, value]) => ({ name: key, value })),
    // Owned by root and the pod's group: libpq accepts such a key.
    volumes: [{ name, projected: { defaultMode: 0o440, sources } }],
    volumeMounts: [{ name, mountPath: `${folder}/${place}`, readOnly: true }],
  };
}

function join(all: IdentityFiles[]): IdentityFiles {
  return {
    env: all.flatMap((each) => each.env),
    volumes: all.flatMap((each) => each.volumes),
    volumeMounts: all.flatMap((each) => each.volumeMounts),
  };
}
