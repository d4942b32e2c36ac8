/*
 * Makes an artifact of Flux of the folder of each Kustomization. It runs unchanged from a ConfigMap: Node strips the types, and
 * it imports only Node's own modules.
 */

import { createServer } from 'node:http';
import { ended, listening } from '../../receiver/program/http-server.ts';
import { inPod, type KubernetesPlace } from '../../receiver/program/kubernetes.ts';
import { type Log, log } from '../../receiver/program/log.ts';
import { probeServer } from '../../receiver/program/probes.ts';
import { stopAtEnd } from '../../receiver/program/stop-at-end.ts';
import { metricsText } from './counters.ts';
import { Publisher, type PublisherInput } from './publisher.ts';

/** What is around the program. */
export interface ArtifactsPlace {
  kubernetes: KubernetesPlace;
  /** Ports to listen on; 0 selects a free port. */
  ports: { archives: number; probes: number };
  /** Address of the archives for Flux, without a trailing slash. Default: loopback and the port. */
  address?: string;
  log: Log;
  /** Default: 1 s, at most 15 s. */
  pauses?: PublisherInput['pauses'];
}

export interface RunningArtifacts {
  ports: ArtifactsPlace['ports'];
  stop(): Promise<void>;
}

/** @throws Error if a port is taken. */
export async function start(root: string, place: ArtifactsPlace): Promise<RunningArtifacts> {
  const { kubernetes, log, pauses = { first: 1_000, longest: 15_000 } } = place;
  const stopping = new AbortController();
  const archives = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const archive = request.method === 'GET' ? publisher.archive(request.url ?? '') : undefined;
    if (archive === undefined) response.writeHead(404).end();
    else
      response
        .writeHead(200, { 'content-type': 'application/gzip', 'content-length': archive.length })
        .end(archive);
  });
  const probes = probeServer(() => publisher.ready && !stopping.signal.aborted, metricsText);
  const ports = {
    archives: await listening(archives, place.ports.archives),
    probes: await listening(probes, place.ports.probes),
  };
  const address = place.address ?? `http://127.0.0.1:${ports.archives}`;
  const publisher = new Publisher({ kubernetes, address, root, log, pauses });
  const publishing = publisher.run(stopping.signal);
  log('info', 'serving', { ...ports });
  return {
    ports,
    stop: async () => {
      stopping.abort();
      await publishing;
      await Promise.all([ended(archives), ended(probes)]);
    },
  };
}

if (import.meta.main) {
  const [, , root = '', address = ''] = process.argv;
  const running = await start(root, {
    kubernetes: inPod,
    ports: { archives: 9090, probes: 8081 },
    address,
    log,
  });
  stopAtEnd(running.stop, log);
}
