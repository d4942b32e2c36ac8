import { type IncomingMessage, request as plainRequest } from 'node:http';
import { type RequestOptions, request as tlsRequest } from 'node:https';
import { createInterface } from 'node:readline';
import { dataSources } from '../../charts/observability/data-sources.ts';
import { ports, serviceName } from '../../charts/observability/endpoints.ts';
import type { ObservabilityStore } from '../../model/schema/cluster/observability.ts';
import { Failure } from '../cli/failure.ts';
import { authorityRoots } from '../cluster/authority-roots.ts';
import { clusterClient } from '../cluster/client.ts';
import { readCluster, repositoryRoot } from '../repository/read-cluster.ts';

/** A store of signals, or Grafana, and the port of its API. VictoriaLogs serves TLS, the others plain HTTP on the pod's loopback. */
const stores = {
  prometheus: { port: ports.metrics, tls: false },
  'victoria-logs': { port: ports.logs, tls: true },
  jaeger: { port: ports.traceQueries, tls: false },
  grafana: { port: ports.grafana, tls: false },
} as const;

/** Stores that require a certificate which only Grafana has: a person reaches them through it (Grafana, 'Data source HTTP API', 'Data source proxy calls'). */
const behindGrafana = ['loki', 'tempo'] as const;

export type StoreName = keyof typeof stores | (typeof behindGrafana)[number];

/** A loopback port of this machine that is forwarded to a store's API through the API server. */
export interface Store {
  name: StoreName;
  /** Options of `node:http` or `node:https` for it. */
  options: RequestOptions;
  /** What stands before each path. Default: nothing. */
  prefix?: string;
  close(): void;
}

/** Stores that a person can query, by `observability.store`. */
const reached: Readonly<Record<ObservabilityStore, readonly StoreName[]>> = {
  light: ['prometheus', 'victoria-logs', 'jaeger'],
  grafana: ['prometheus', 'grafana', ...behindGrafana],
};

/** Whether a store runs in an environment and a person can query it. */
export function isReached(environment: string, name: StoreName): boolean {
  const { observability } = readCluster(environment);
  return observability !== 'off' && reached[observability.store].includes(name);
}

export async function openStore(environment: string, name: StoreName, root = repositoryRoot): Promise<Store> {
  const cluster = readCluster(environment, root);
  if (cluster.observability === 'off') {
    throw new Failure(
      `clusters/${environment}/cluster.yaml has 'observability: off': nothing is stored.`,
      "Write 'observability: { store: light }' instead, then npm run init-cluster.",
    );
  }
  if (!reached[cluster.observability.store].includes(name)) {
    throw new Failure(
      `${name} does not run in ${environment}: clusters/${environment}/cluster.yaml has 'store: ${cluster.observability.store}'.`,
      `Use Grafana: npm run open -- ${name === 'jaeger' ? 'traces' : 'logs'} --env ${environment}`,
    );
  }
  if (name === 'loki' || name === 'tempo') return throughGrafana(environment, name, root);
  // Imported dynamically: the Kubernetes client is slow to load.
  const { forwardToPod } = await import('../call/port-forward.ts');
  const { port, tls } = stores[name];
  const forward = await forwardToPod(cluster.name, name, port);
  const address = { host: '127.0.0.1', port: forward.port, agent: false };
  const trust = tls
    ? { ca: await authorityRoots(clusterClient(cluster.name), name), servername: serviceName(name) }
    : {};
  return { name, options: { ...address, ...trust }, close: () => forward.close() };
}

/** The login at Grafana, `USER:PASSWORD`, from the environment: an argument would be in the history of the shell. */
export function grafanaLogin(): string | undefined {
  return process.env.PLINTH_GRAFANA_LOGIN || undefined;
}

async function throughGrafana(
  environment: string,
  source: (typeof behindGrafana)[number],
  root: string,
): Promise<Store> {
  const auth = grafanaLogin();
  if (auth === undefined) {
    throw new Failure(
      `${source} is reached through Grafana, which asks for a login.`,
      'As admin: export PLINTH_GRAFANA_LOGIN="admin:$(kubectl -n grafana exec deploy/grafana -c grafana -- cat /var/lib/grafana/secrets/admin-password)"',
    );
  }
  const grafana = await openStore(environment, 'grafana', root);
  return {
    ...grafana,
    name: source,
    options: { ...grafana.options, auth },
    prefix: `/api/datasources/proxy/uid/${dataSources[source].uid}`,
  };
}

/** Opens a store for the duration of `work`. */
export async function withStore<T>(
  environment: string,
  name: StoreName,
  work: (store: Store) => Promise<T>,
): Promise<T> {
  const store = await openStore(environment, name);
  try {
    return await work(store);
  } finally {
    store.close();
  }
}

/** Lines of a response to a GET, as they arrive; ends with the response, or when `signal` aborts. */
export async function* linesOf(
  store: Store,
  path: string,
  parameters: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): AsyncGenerator<string> {
  const send = 'servername' in store.options ? tlsRequest : plainRequest;
  const answer = await new Promise<IncomingMessage>((done, fail) => {
    const query = `${store.prefix ?? ''}${path}?${new URLSearchParams(parameters)}`;
    const asked = send({ ...store.options, path: query, ...(signal ? { signal } : {}) }, done);
    asked.once('error', (cause) => {
      if (signal?.aborted === true) fail(cause);
      else fail(unreachable(store, cause));
    });
    asked.end();
  });
  const status = answer.statusCode ?? 0;
  const lines = createInterface({ input: answer, crlfDelay: Number.POSITIVE_INFINITY });
  if (status === 200) {
    yield* lines;
    return;
  }
  if (status === 401 && store.prefix !== undefined)
    throw new Failure('Grafana refuses the login.', 'Correct USER:PASSWORD in PLINTH_GRAFANA_LOGIN.');
  const said: string[] = [];
  for await (const line of lines) said.push(line);
  throw new Failure(
    `${store.name} answered ${status} to ${path}: ${said.join(' ').slice(0, 500)}`,
    `See its log: npm run logs -- ${store.name}`,
  );
}

/** The JSON response of a store. */
export async function jsonOf(
  store: Store,
  path: string,
  parameters: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const lines: string[] = [];
  for await (const line of linesOf(store, path, parameters)) lines.push(line);
  return JSON.parse(lines.join('\n'));
}

function unreachable(store: Store, cause: Error): Failure {
  return new Failure(`${store.name} does not answer: ${cause.message}`, 'For the reason: npm run status', {
    cause,
  });
}
