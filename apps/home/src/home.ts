import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServer } from './api.ts';
import { build } from './assets.ts';
import { watchSignals } from './signals.ts';
import { site } from './site.ts';
import { answered, watchCluster } from './snapshot.ts';
import { type State, stateOf } from './state.ts';
import { stream } from './stream.ts';

/** Inputs of the front page. */
export interface HomeInput {
  api: ApiServer;
  /** 0: any free port. */
  port: number;
  /** Address of Prometheus; undefined if the environment has none. */
  metrics?: string | undefined;
  /** First delay after a failure of the API server; doubles up to thirty times as long. */
  retryMs?: number;
}

/** The running front page. */
export interface Home {
  port: number;
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
  const signals =
    input.metrics === undefined ? undefined : watchSignals(input.metrics, changed, ending.signal);

  function state(): State {
    cached ??= stateOf(snapshot, Date.now(), signals);
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(input.port, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    async stop(drainMs) {
      stopping = true;
      await sleep(drainMs);
      ending.abort();
      clearInterval(clock);
      clearTimeout(gathering);
      pages.close();
      // Running responses may finish, but an idle keep-alive connection must not keep the process.
      const cut = setTimeout(() => server.closeAllConnections(), 500);
      await new Promise((resolve) => server.close(resolve));
      clearTimeout(cut);
    },
  };
}
