/*
 * Opens the readiness gates of new pods, and closes that of a pod which fails more requests than the pods of the version before. It runs
 * unchanged from a ConfigMap: Node strips the types, and it imports only Node's own modules.
 */

import { readFileSync } from 'node:fs';
import { ended, listening } from '../../receiver/program/http-server.ts';
import { inPod, type KubernetesPlace } from '../../receiver/program/kubernetes.ts';
import { type Log, log } from '../../receiver/program/log.ts';
import { probeServer } from '../../receiver/program/probes.ts';
import { stopAtEnd } from '../../receiver/program/stop-at-end.ts';
import { AppGate, type AppGateInput } from './app-gate.ts';
import type { GateConfig } from './config.ts';
import { metricsText } from './counters.ts';

/** What is around the program. */
export interface GatePlace {
  kubernetes: KubernetesPlace;
  /** Port of probes and metrics; 0 selects a free one. */
  port: number;
  log: Log;
  /** Default: a look each 15 s; 1 s after a first failure, at most 30 s. */
  pauses?: AppGateInput['pauses'];
}

export interface RunningGate {
  port: number;
  stop(): Promise<void>;
}

/** @throws Error if the port is taken. */
export async function start(config: GateConfig, place: GatePlace): Promise<RunningGate> {
  const { kubernetes, log, pauses = { look: 15_000, first: 1_000, longest: 30_000 } } = place;
  const stopping = new AbortController();
  const probes = probeServer(() => !stopping.signal.aborted, metricsText);
  const port = await listening(probes, place.port);
  const gates = config.apps.map((app) =>
    new AppGate({ config, app, kubernetes, log, pauses }).run(stopping.signal),
  );
  log('info', 'watching', { port, apps: config.apps.map(({ name }) => name) });
  return {
    port,
    stop: async () => {
      stopping.abort();
      await Promise.all(gates);
      probes.closeAllConnections();
      await ended(probes);
    },
  };
}

if (import.meta.main) {
  const [, , file = ''] = process.argv;
  const config: GateConfig = JSON.parse(readFileSync(file, 'utf8'));
  const running = await start(config, {
    kubernetes: inPod,
    port: 8081,
    log,
  });
  stopAtEnd(running.stop, log);
}
