/*
 * The proxy before apps that need a sign-in, and the pages of accounts. It runs in the cluster as it stands here, from a
 * ConfigMap: Node strips the types, and it imports nothing but Node's own modules.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { accountPages } from './accounts.ts';
import { CertificateFolder } from './certificate-folder.ts';
import { Codes } from './codes.ts';
import type { AppConfig, SignInConfig } from './config.ts';
import { metricsText } from './counters.ts';
import { Door } from './door.ts';
import { EveryKey, keyServer, redeem } from './key-server.ts';
import { Kratos } from './kratos.ts';
import { log } from './log.ts';
import { OpenExchanges } from './open-exchanges.ts';
import { OtherReplicas, type ReplicaAddress } from './other-replicas.ts';
import { Sessions } from './sessions.ts';
import { SigningKeys } from './signing-keys.ts';
import type { UpstreamTarget } from './upstream.ts';
import { visitorServer } from './visitors.ts';

/** Where certificates are mounted, and on which ports it listens; 0 takes any. */
export interface ProgramPlace {
  identities: string;
  ports: { visitors: number; keys: number; probes: number };
  /** Where the other replicas are. Default: DNS says. */
  replicas?: () => Promise<ReplicaAddress[]>;
  /** Address of an app's Service. Default: as the configuration says. */
  serviceHost?: (app: AppConfig) => string;
}

export interface RunningProxy {
  ports: ProgramPlace['ports'];
  /** Takes nothing new, lets what runs end for so many milliseconds, then closes it. */
  stop(graceMs?: number): Promise<void>;
}

export async function start(config: SignInConfig, place: ProgramPlace): Promise<RunningProxy> {
  const own = new CertificateFolder(join(place.identities, 'sign-in-server'));
  const client = new CertificateFolder(join(place.identities, 'sign-in-client'));
  const others = new Map<string, CertificateFolder>();
  const credentialsOf = (folder: string): CertificateFolder | undefined => {
    const path = join(place.identities, folder);
    const found = others.get(folder) ?? (existsSync(path) ? new CertificateFolder(path) : undefined);
    if (found !== undefined) others.set(folder, found);
    return found;
  };
  const kratos = new Kratos(config.kratos, credentialsOf('kratos-client'));
  const sessions = new Sessions((cookie) => kratos.session(cookie));
  const keys = new SigningKeys(config.accounts);
  const codes = new Codes();
  const replicas = new OtherReplicas({
    name: config.replicas,
    certificateName: config.replicaName,
    port: place.ports.keys,
    credentials: client,
    ...(place.replicas === undefined ? {} : { others: place.replicas }),
  });
  const exchanges = new OpenExchanges(sessions);
  const serviceHost = place.serviceHost ?? ((app: AppConfig) => app.service);
  const target = (app: AppConfig, port: number, isMutual: boolean): UpstreamTarget => {
    const host = serviceHost(app);
    if (!isMutual) return { protocol: 'http:', host, port };
    const credentials = credentialsOf(`${app.name}-client`);
    if (credentials === undefined) throw new Error(`there is no certificate for '${app.name}'`);
    return { protocol: 'https:', host, port, servername: app.service, ...credentials.current };
  };
  const door = new Door({
    accounts: config.accounts,
    sessions,
    kratosCookie: (value) => `${config.kratosCookie}=${value}`,
    keys,
    exchanges,
    redeem: (asked) => redeem(codes, replicas, asked),
    target,
  });
  const pages = accountPages({ config, kratos, sessions, codes });
  const servers = {
    visitors: visitorServer(config, door, pages),
    keys: keyServer({ keys, every: new EveryKey(keys, replicas), codes, credentials: own }),
    probes: probeServer(() => isStopping),
  };
  let isStopping = false;
  const listen = (name: keyof typeof servers) =>
    new Promise<number>((done, fail) => {
      const server = servers[name];
      server.once('error', fail);
      server.listen(place.ports[name], () => {
        const address = server.address();
        done(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  const ports = {
    visitors: await listen('visitors'),
    keys: await listen('keys'),
    probes: await listen('probes'),
  };
  log('info', 'serving', { apps: config.apps.map(({ name }) => name), ports });
  return {
    ports,
    stop: async (graceMs = 10_000) => {
      isStopping = true;
      const closed = (['visitors', 'keys'] as const).map(
        (name) => new Promise<void>((done) => servers[name].close(() => done())),
      );
      const timer = setTimeout(() => {
        exchanges.close();
        servers.visitors.closeAllConnections();
        servers.keys.closeAllConnections();
      }, graceMs);
      servers.visitors.closeIdleConnections();
      servers.keys.closeIdleConnections();
      await Promise.all(closed);
      clearTimeout(timer);
      exchanges.close();
      for (const each of [own, client, ...others.values()]) each.close();
      servers.probes.closeAllConnections();
      await new Promise<void>((done) => servers.probes.close(() => done()));
    },
  };
}

/** For the kubelet and Prometheus alone. */
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
        log('error', 'could not stop in order', { error });
        process.exit(1);
      },
    );
  });
}
