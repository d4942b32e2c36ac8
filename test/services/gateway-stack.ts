import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node';
import { execa } from 'execa';
import { appComponent } from '../../charts/app/app.ts';
import { listenerPorts } from '../../charts/gateway/listeners.ts';
import { field, listField } from '../../charts/kube/field.ts';
import type { KubeObject } from '../../charts/kube/kube-object.ts';
import { objectId } from '../../charts/kube/object-id.ts';
import { ensureProgram } from '../../images/index.ts';
import { loadLock } from '../../images/lock/index.ts';
import type { Environment } from '../../model/graph.ts';
import { chart as traefik } from '../../operators/traefik/chart.ts';
import { chart as middleware } from '../../operators/traefik-middleware/chart.ts';
import { type ApiServer, startApiServer } from '../../scripts/verify/api-server.ts';
import { readDefinitions, serveDefinitions } from '../../scripts/verify/definitions.ts';
import { DryRun } from '../../scripts/verify/dry-run.ts';
import { ObeyedPolicies, policiesOf } from '../../scripts/verify/policies.ts';
import { find } from '../charts/find.ts';
import { freePort } from '../free-port.ts';

/** What the gateway answered. */
export interface GatewayAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface GatewayRequest {
  host: string;
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: Buffer;
  /** The body has no Content-Length. */
  chunked?: boolean;
}

/** The real Traefik with the rendered arguments, rights, routes and Middlewares, before a real API server without nodes. */
export interface GatewayStack {
  /** Applies an object as Flux does; returns the reason of a refusal. */
  apply: (object: KubeObject) => Promise<string | undefined>;
  ask: (asked: GatewayRequest) => Promise<GatewayAnswer>;
  /** What Traefik printed. */
  log: () => string;
  /** The files that Traefik left where it may write, with their sizes. */
  files: () => string[];
  stop: () => Promise<void>;
}

const ofGateway = [
  ...['Namespace', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding', 'ConfigMap'],
  ...['GatewayClass', 'Gateway', 'HTTPRoute'],
];
const ofApps = ['Namespace', 'Service', 'HTTPRoute', 'GRPCRoute', 'Middleware'];

/** Starts it for the apps of an environment; `backends`: the port of this machine at which each app listens. */
export async function startGateway(
  env: Environment,
  backends: Readonly<Record<string, number>>,
): Promise<GatewayStack> {
  const folder = mkdtempSync(join(tmpdir(), 'plinth-gateway-'));
  const writable = join(folder, 'tmp');
  mkdirSync(writable);
  const report = () => {};
  const lock = loadLock();
  const program = await ensureProgram('traefik', report, { lock });
  const api = await startApiServer(lock.kubernetes, { lock, report });
  try {
    await serveDefinitions(api.config, await readDefinitions(['gateway-api-crds', 'traefik-crds'], report));
    const server = new DryRun(api.config);
    const apply = async (object: KubeObject) => (await server.keep(object))?.message;
    const ports = { http: await freePort(), https: await freePort(), ping: await freePort() };
    const objects = [...traefik(env).objects, ...(middleware(env)?.objects ?? [])];
    const kept = [
      ...objects.filter(({ kind }) => ofGateway.includes(kind)).map((object) => atPorts(object, ports)),
      ...env.apps
        .flatMap((app) => appComponent(env, app).objects)
        .filter(({ kind }) => ofApps.includes(kind)),
      ...env.apps.map((app) => endpoints(app.name, backends[app.name] ?? 0)),
    ];
    await new ObeyedPolicies(server).obey(policiesOf(objects));
    for (const object of kept) {
      const refusal = await apply(object);
      if (refusal !== undefined) throw new Error(`${objectId(object)}: ${refusal}`);
    }
    const kubeconfig = join(folder, 'kubeconfig');
    writeFileSync(kubeconfig, (await asTraefik(api)).exportConfig(), { mode: 0o600 });
    const lines: string[] = [];
    const running = execa(program, argumentsAt(env, ports), {
      env: { KUBECONFIG: kubeconfig, TMPDIR: writable },
      all: true,
      buffer: false,
      reject: false,
      forceKillAfterDelay: 2000,
    });
    running.all?.setEncoding('utf8').on('data', (text: string) => lines.push(text));
    return {
      apply,
      ask: (asked) => ask(ports.https, asked),
      log: () => lines.join(''),
      files: () => readdirSync(writable).map((file) => `${file} ${statSync(join(writable, file)).size}`),
      stop: async () => {
        running.kill('SIGKILL');
        await running;
        await api.stop();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await api.stop();
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

type Ports = Readonly<Record<'http' | 'https' | 'ping', number>>;

/** The Gateway at free ports, and without TLS, for which it would need a certificate. */
function atPorts(object: KubeObject, ports: Ports): KubeObject {
  if (object.kind !== 'Gateway') return object;
  const listeners = listField(object, 'spec', 'listeners').map((listener) => {
    const { tls: _, ...rest } = Object(listener);
    const port = field(listener, 'name') === 'https' ? ports.https : ports.http;
    return { ...rest, protocol: 'HTTP', port };
  });
  return { ...object, spec: { ...Object(object.spec), listeners } };
}

/** The rendered arguments with these ports. */
function argumentsAt(env: Environment, ports: Ports): string[] {
  const at = { ...listenerPorts, ping: 8082 };
  const args = listField(
    find(traefik(env), 'Deployment', 'traefik'),
    ...(['spec', 'template', 'spec', 'containers', 0, 'args'] as const),
  );
  return args.map((argument) =>
    (['http', 'https', 'ping'] as const).reduce(
      (text, name) =>
        text.replace(
          `--entryPoints.${name}.address=:${at[name]}`,
          `--entryPoints.${name}.address=127.0.0.1:${ports[name]}`,
        ),
      String(argument),
    ),
  );
}

/** An address of this machine that the API server accepts as one of a pod: loopback is none. */
export function machineAddress(): string {
  const found = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ family, internal }) => family === 'IPv4' && !internal);
  if (found === undefined) throw new Error('this machine has no IPv4 address except loopback');
  return found.address;
}

/** What Kubernetes writes about the pods of an app. */
export function endpoints(name: string, port: number): KubeObject {
  return {
    ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice' },
    metadata: { name, namespace: name, labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [machineAddress()], conditions: { ready: true } }],
    ports: [{ name: 'http', port, protocol: 'TCP' }],
  };
}

/** The kubeconfig of Traefik's own service account, so that it has its rendered rights alone. */
async function asTraefik({ config }: ApiServer): Promise<KubeConfig> {
  const { status } = await config.makeApiClient(CoreV1Api).createNamespacedServiceAccountToken({
    name: 'traefik',
    namespace: 'gateway',
    body: { spec: { audiences: [], expirationSeconds: 3600 } },
  });
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw new Error('the API server has no kubeconfig');
  const own = new KubeConfig();
  own.loadFromClusterAndUser(cluster, { name: 'traefik', token: status?.token ?? '' });
  return own;
}

function ask(
  port: number,
  { host, path = '/', method = 'GET', headers = {}, body, chunked }: GatewayRequest,
): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => {
    const length = body === undefined || chunked === true ? {} : { 'content-length': body.length };
    const sent = request(
      { host: '127.0.0.1', port, path, method, headers: { ...headers, host, ...length }, agent: false },
      (response) => {
        const { statusCode: status = 0, headers } = response;
        text(response).then((body) => resolve({ status, headers, body }), reject);
      },
    );
    sent.on('error', reject);
    if (body !== undefined) sent.write(body);
    sent.end();
  });
}

/** Reads the body of a request, and answers how many bytes it had. */
export async function answerLength(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let length = 0;
  for await (const part of request) length += Buffer.from(part).length;
  response.end(`${length} bytes`);
}
