/*
 * The proxy in front of apps that require a sign-in, and the pages of accounts. It runs unchanged from a ConfigMap: Node
 * strips the types, and it imports only Node's own modules.
 */

import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { accountPages } from './accounts.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { Codes } from './codes.ts';
import type { AppConfig, SignInConfig } from './config.ts';
import { metricsText } from './counters.ts';
import { PeopleDirectory } from './directory.ts';
import { Door, type DoorInput } from './door.ts';
import { EveryKey, keyServer, redeem } from './key-server.ts';
import { Kratos } from './kratos.ts';
import { evenMs } from './kratos-forms.ts';
import { log } from './log.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { OtherReplicas, type ReplicaAddress } from './other-replicas.ts';
import { type RightsInput, SessionRights } from './rights.ts';
import { Sessions } from './sessions.ts';
import { SigningKeys } from './signing-keys.ts';
import { visitorServer } from './visitors.ts';

/** Folder of the certificates, and ports to listen on; 0 selects a free port. */
export interface ProgramPlace {
  identities: string;
  ports: { visitors: number; keys: number; probes: number };
  /** Addresses of the other replicas. Default: from DNS. */
  replicas?: () => Promise<ReplicaAddress[]>;
  /** Milliseconds after which a form that names an account is answered at the earliest. Default: `evenMs`. */
  evenMs?: number;
  /** Address of an app's Service. Default: from the configuration. */
  serviceHost?: (app: AppConfig) => string;
}

export interface RunningProxy {
  ports: ProgramPlace['ports'];
  /** Stops accepting requests, and closes open ones after the given milliseconds. */
  stop(graceMs?: number): Promise<void>;
}

export async function start(config: SignInConfig, place: ProgramPlace): Promise<RunningProxy> {
  const identities = new Identities(place.identities);
  const kratos = new Kratos(config.kratos, config.kratosConnections, identities.of('kratos-client'));
  const sessions = new Sessions((cookie, wasValid) => kratos.session(cookie, wasValid));
  const [keys, codes] = [new SigningKeys(config.accounts), new Codes()];
  const replicas = new OtherReplicas({
    name: config.replicas,
    certificateName: config.replicaName,
    port: place.ports.keys,
    credentials: identities.needed('sign-in-client'),
    ...(place.replicas === undefined ? {} : { others: place.replicas }),
  });
  const target = targets(identities, place.serviceHost ?? (({ service }) => service));
  const rights = new SessionRights(rightsInput(config, keys, target));
  const exchanges = new OpenExchanges(sessions, rights);
  const door = new Door({
    accounts: config.accounts,
    sessions,
    rights,
    kratosCookie: (value) => `${config.kratosCookie}=${value}`,
    kratos,
    keys,
    exchanges,
    redeem: (asked) => redeem(codes, replicas, asked),
    target,
  });
  const credentials = identities.needed('sign-in-server');
  let isStopping = false;
  const servers = {
    visitors: visitorServer(
      config,
      door,
      accountPages({ config, kratos, sessions, codes, evenMs: place.evenMs ?? evenMs }),
    ),
    keys: keyServer({
      ...{ keys, every: new EveryKey(keys, replicas), codes, credentials },
      directory: directoryOf(config, identities),
    }),
    probes: probeServer(() => isStopping),
  };
  const ports = {
    visitors: await listening(servers.visitors, place.ports.visitors),
    keys: await listening(servers.keys, place.ports.keys),
    probes: await listening(servers.probes, place.ports.probes),
  };
  log('info', 'serving', { apps: config.apps.map(({ name }) => name), ports });
  return {
    ports,
    stop: async (graceMs = 10_000) => {
      isStopping = true;
      await Promise.all([servers.visitors, servers.keys].map((server) => ended(server, graceMs, exchanges)));
      exchanges.close();
      identities.close();
      servers.probes.closeAllConnections();
      await new Promise<void>((done) => servers.probes.close(() => done()));
    },
  };
}

/** Client of the app with organisations; undefined if there is none. */
function rightsInput(
  config: SignInConfig,
  keys: SigningKeys,
  target: DoorInput['target'],
): RightsInput | undefined {
  const app = config.apps.find(({ name }) => name === config.rights);
  const path = app?.paths.find(({ mutual }) => mutual);
  if (app === undefined || path === undefined) return undefined;
  return {
    target: () => target(app, path.port, true),
    token: (session) => keys.token(app.name, session),
  };
}

function directoryOf(config: SignInConfig, identities: Identities): PeopleDirectory | undefined {
  if (config.kratosAdmin === undefined) return undefined;
  const kratos = new Kratos(config.kratosAdmin, config.kratosConnections, identities.of('kratos-client'));
  return new PeopleDirectory(kratos, config.managers);
}

/** The certificates of the pod, by folder name. */
class Identities {
  #folder: string;
  #known = new Map<string, CertificateFolder>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Undefined if the folder does not exist. */
  of(name: string): CertificateFolder | undefined {
    const path = join(this.#folder, name);
    const found = this.#known.get(name) ?? (existsSync(path) ? new CertificateFolder(path) : undefined);
    if (found !== undefined) this.#known.set(name, found);
    return found;
  }

  needed(name: string): CertificateFolder {
    const found = this.of(name);
    if (found === undefined) throw new Error(`there is no certificate at ${join(this.#folder, name)}`);
    return found;
  }

  close(): void {
    for (const each of this.#known.values()) each.close();
  }
}

/** Request target for a port of an app; an mTLS port gets the certificate that the app's authority issued. */
function targets(identities: Identities, serviceHost: (app: AppConfig) => string): DoorInput['target'] {
  return (app, port, isMutual) => {
    const host = serviceHost(app);
    if (!isMutual) return { protocol: 'http:', host, port };
    const { current } = identities.needed(`${app.name}-client`);
    return { protocol: 'https:', host, port, servername: app.service, ...current };
  };
}

async function listening(server: Server, port: number): Promise<number> {
  server.listen(port);
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Closes a server; open connections are closed after the given milliseconds. */
async function ended(server: Server, graceMs: number, exchanges: OpenExchanges): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  const timer = setTimeout(() => {
    exchanges.close();
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(timer);
}

/** Serves probes and metrics for the kubelet and Prometheus. */
function probeServer(isStopping: () => boolean) {
  return createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const end = (status: number, text: string) =>
      response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
    if (request.url === '/healthz') return end(200, 'ok\n');
    if (request.url === '/readyz') return isStopping() ? end(503, 'stopping\n') : end(200, 'ok\n');
    if (request.url === '/metrics') return end(200, metricsText());
    return end(404, 'not found\n');
  });
}

if (import.meta.main) {
  const [, , file = ''] = process.argv;
  const config: SignInConfig = JSON.parse(readFileSync(file, 'utf8'));
  const running = await start(config, {
    identities: '/identity',
    ports: { visitors: 8080, keys: 8443, probes: 8081 },
  });
  process.once('SIGTERM', () => {
    running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        log('error', 'shutdown failed', { error });
        process.exit(1);
      },
    );
  });
}
