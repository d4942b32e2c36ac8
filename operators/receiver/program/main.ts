/*
 * Takes the pushes of a forge and asks Flux to read them, and tells the forge how far Flux is with them. It runs unchanged from a
 * ConfigMap: Node strips the types, and it imports only Node's own modules.
 */

import { readFileSync } from 'node:fs';
import type { ReceiverConfig } from './config.ts';
import { metricsText } from './counters.ts';
import { deliveryServer } from './deliveries.ts';
import { ended, listening } from './http-server.ts';
import { inPod, type KubernetesPlace } from './kubernetes.ts';
import { type Log, log } from './log.ts';
import { probeServer } from './probes.ts';
import { requestReconciliation } from './reconciliation.ts';
import { readSecret } from './secrets.ts';
import { sharedRequests } from './shared-requests.ts';
import { StatusReporter } from './status-reporter.ts';
import { stopAtEnd } from './stop-at-end.ts';

/** What is around the program. */
export interface ReceiverPlace {
  kubernetes: KubernetesPlace;
  /** Folder of the mounted Secret. */
  secrets: string;
  /** Ports to listen on; 0 selects a free port. */
  ports: { deliveries: number; probes: number };
  log: Log;
  /** Pauses after failures. Default: 5 s, at most 5 min. */
  pauses?: { first: number; longest: number };
  /** Time in which a delivery must arrive, in milliseconds. Default: 10 s. */
  patience?: number;
}

export interface RunningReceiver {
  ports: ReceiverPlace['ports'];
  /** Stops taking deliveries; ends when those that are open are answered. */
  stop(): Promise<void>;
}

/** @throws Error if a port is taken, or if a needed key of the Secret is missing or too short. */
export async function start(config: ReceiverConfig, place: ReceiverPlace): Promise<RunningReceiver> {
  const { kubernetes, log, pauses = { first: 5_000, longest: 300_000 }, patience = 10_000 } = place;
  const secret = (): string => readSecret(place.secrets, 'webhook-secret');
  const token = (): string => readSecret(place.secrets, 'status-token');
  secret();
  if (config.status !== undefined) token();
  const stopping = new AbortController();
  const deliveries = deliveryServer({
    config,
    secret,
    requestSource: sharedRequests(() => requestReconciliation(kubernetes, config.source)),
    log,
    patience,
  });
  const probes = probeServer(() => !stopping.signal.aborted, metricsText);
  const ports = {
    deliveries: await listening(deliveries, place.ports.deliveries),
    probes: await listening(probes, place.ports.probes),
  };
  const { forge, status } = config;
  const reporting =
    status === undefined
      ? Promise.resolve()
      : new StatusReporter({ forge, status, kubernetes, token, log, pauses }).run(stopping.signal);
  log('info', 'serving', { ...ports });
  return {
    ports,
    stop: async () => {
      stopping.abort();
      await Promise.all([ended(deliveries), reporting]);
      probes.closeAllConnections();
      await ended(probes);
    },
  };
}

if (import.meta.main) {
  const [, , file = ''] = process.argv;
  const config: ReceiverConfig = JSON.parse(readFileSync(file, 'utf8'));
  const running = await start(config, {
    kubernetes: inPod,
    secrets: '/secrets',
    ports: { deliveries: 8080, probes: 8081 },
    log,
  });
  stopAtEnd(running.stop, log);
}
