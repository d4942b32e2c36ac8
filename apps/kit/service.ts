import type { RequestListener } from 'node:http';
import { callersFrom } from './callers.ts';
import { IdentityFolder } from './identity.ts';
import { log } from './log.ts';
import { type Implemented, MutualServer } from './mutual-server.ts';
import { type Check, PlainServer } from './plain-server.ts';
import { startTracing } from './tracing.ts';

export interface ServiceInput {
  name: string;
  env: NodeJS.ProcessEnv;
  services: readonly Implemented[];
  /** The HTTP API on the same port; gets the names that may call. */
  http?: (callers: ReadonlySet<string>) => RequestListener;
  ready: Check;
  /** Ports; 0 takes any. Default: PORT and HTTP_PORT. */
  ports?: { mutual: number; plain: number };
}

export interface Service {
  port: number;
  plainPort: number;
  /** Waits for running calls, at most `graceMs`, and refuses new ones. Then runs `after`. */
  stop(graceMs?: number): Promise<void>;
}

const defaultGraceMs = 20_000;

/** Serves the mutual TLS port, probes and metrics until stopped; `after` closes what the service opened. */
export async function startService(input: ServiceInput, after: () => Promise<void>): Promise<Service> {
  const { name, env, services, ready } = input;
  const endTracing = startTracing(name, env);
  const identity = new IdentityFolder(required(env, 'IDENTITY_DIR'));
  const callers = callersFrom(env);
  const ports = input.ports ?? { mutual: Number(env.PORT ?? 8443), plain: Number(env.HTTP_PORT ?? 8080) };
  const mutual = await MutualServer.listen({
    port: ports.mutual,
    identity,
    callers,
    services,
    ...(input.http ? { http: input.http(callers) } : {}),
  });
  const plain = await PlainServer.listen(ports.plain, ready);
  log.info('serving', { service: name, port: mutual.port, callers: [...callers] });

  let stopped: Promise<void> | undefined;
  return {
    port: mutual.port,
    plainPort: plain.port,
    stop: (graceMs = defaultGraceMs) => {
      stopped ??= (async () => {
        log.info('stopping', { service: name });
        plain.stop();
        await mutual.close(graceMs);
        await after();
        identity.close();
        await endTracing().catch((error: unknown) => log.warn('the last traces were not sent', { error }));
        await plain.close();
        log.info('stopped', { service: name });
      })();
      return stopped;
    },
  };
}

/** Stops on SIGTERM and SIGINT. An uncaught error ends the process, because its state is unknown. */
export function stopOnSignals(service: Service): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      service.stop().then(
        () => process.exit(0),
        (error: unknown) => {
          log.error('shutdown failed', { error });
          process.exit(1);
        },
      );
    });
  }
}

export function required(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value) return value;
  throw new Error(`${name} is not set: it comes from the app's description`);
}
