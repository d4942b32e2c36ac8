import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from './api.ts';
import { build } from './assets.ts';
import { watchErrors } from './errors/errors.ts';
import { metricsServer } from './metrics-server.ts';
import { exposition } from './probe/metrics.ts';
import { startProbe } from './probe/probe.ts';
import { serviceName } from './probe/telemetry.ts';
import { watchSignals } from './signals.ts';
import { site } from './site.ts';
import { answered, watchCluster } from './snapshot.ts';
import { type State, stateOf } from './state.ts';
import type { Stores } from './stores.ts';
import { stream } from './stream.ts';
import { syncExposition } from './sync-metrics.ts';

/** Inputs of the front page. */
export interface HomeInput {
  api: ApiServer;
  /** 0: any free port. */
  port: number;
  /** Stores of signals. Default: none. */
  stores?: Stores;
  /** Port of the metrics of the probe and of Flux; 0: any free port. Default: neither metrics nor probe. */
  metricsPort?: number;
  /** First delay after a failure of the API server; doubles up to thirty times as long. */
  retryMs?: number;
}

/** The running front page. */
export interface Home {
  port: number;
  /** Absent without a probe. */
  metricsPort?: number;
  /** Reports "not ready" for `drainMs`, until no more requests arrive; then closes all connections. */
  stop(drainMs: number): Promise<void>;
}

/** Changes come in bursts: a rollout changes an object several times in a moment. */
const gatherMs = 100;

/** Time changes the state too: a certificate becomes due without a change of an object. */
const clockMs = 30_000;

/** Watches the cluster and serves the page. */
export async function startHome(input: HomeInput): Promise<Home> {
  const ending = new AbortController();
  const pages = stream(build);
  let cached: State | undefined;
  let gathering: NodeJS.Timeout | undefined;
  let stopping = false;

  const snapshot = watchCluster(input.api, changed, ending.signal, input.retryMs);
  const { metrics, logs } = input.stores ?? {};
  const signals = metrics && watchSignals(metrics, changed, ending.signal);
  const errors =
    logs?.program === 'victoria-logs' ? watchErrors(input.api, logs, changed, ending.signal) : undefined;

  function state(): State {
    cached ??= stateOf(snapshot, Date.now(), signals, errors);
    return cached;
  }

  function changed(): void {
    cached = undefined;
    gathering ??= setTimeout(() => {
      gathering = undefined;
      pages.send(state());
    }, gatherMs);
  }

  const clock = setInterval(changed, clockMs);

  const server = createServer(site({ state, ready: () => !stopping && answered(snapshot), stream: pages }));
  const port = await listen(server, input.port);
  const probed = await startProbing(input, port, () => syncExposition(state().syncs), ending.signal);

  return {
    port,
    ...(probed === undefined ? {} : { metricsPort: probed.port }),
    async stop(drainMs) {
      stopping = true;
      await sleep(drainMs);
      ending.abort();
      clearInterval(clock);
      clearTimeout(gathering);
      pages.close();
      probed?.server.close();
      // Running responses may finish, but an idle keep-alive connection must not keep the process.
      const cut = setTimeout(() => server.closeAllConnections(), 500);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cut);
    },
  };
}

/** Starts the probe of the stores, and serves its metrics and those of Flux. */
async function startProbing(
  { stores = {}, metricsPort }: HomeInput,
  port: number,
  ofFlux: () => string,
  signal: AbortSignal,
): Promise<{ server: Server; port: number } | undefined> {
  if (metricsPort === undefined) return undefined;
  const probed = { app: 'home', service: serviceName() };
  const probe = startProbe({ stores, probed, page: `http://127.0.0.1:${port}/` }, signal);
  const server = metricsServer(() => `${exposition(probe)}${ofFlux()}`);
  return { server, port: await listen(server, metricsPort) };
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, resolve);
  });
  return (server.address() as AddressInfo).port;
}
