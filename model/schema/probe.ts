import { z } from 'zod';
import { largestInt32, portName } from './kubernetes-names.ts';
import { command } from './process.ts';

/** Timing of a probe (Kubernetes, 'Configure Liveness, Readiness and Startup Probes'). */
const timing = (failures: number) => ({
  /** Seconds between two attempts. */
  period: z.number().int().min(1).max(largestInt32).default(10),
  /** Failed attempts in a row after which the probe has failed. */
  failures: z.number().int().min(1).max(largestInt32).default(failures),
  /** Seconds after which an attempt without an answer has failed. */
  timeout: z.number().int().min(1).max(largestInt32).default(3),
});

/** A probe of a container; the argument `failures` is the default of the field. */
const probe = (failures: number) =>
  z.union([
    z.strictObject({
      /** Path of an HTTP request; a status from 200 to 399 is a success. */
      path: z.string().regex(/^\//, "a path that starts with '/'"),
      /** Name of the port. */
      port: portName,
      ...timing(failures),
    }),
    z.strictObject({
      /** Name of a port; a TCP connection is a success. */
      tcp: portName,
      ...timing(failures),
    }),
    z.strictObject({
      /** Name of a port without TLS; `SERVING` from the standard gRPC health service is a success. */
      grpc: portName,
      /** Service name in the request to the gRPC health service. Default: the empty name, the whole server. */
      service: z.string().min(1).optional(),
      ...timing(failures),
    }),
    z.strictObject({
      /** Command in the container; exit code 0 is a success. */
      exec: command,
      ...timing(failures),
    }),
  ]);

export type Probe = z.infer<ReturnType<typeof probe>>;

export const probes = z.strictObject({
  /** Readiness probe: the pod gets requests while it succeeds. A process with ports must have one. */
  ready: probe(3).optional(),
  /** Liveness probe: the container is restarted when it fails. */
  live: probe(3).optional(),
  /**
   * Startup probe: the other probes begin after it has succeeded. Default: where there is `ready`, the request of `live`, or else of
   * `ready`, every second.
   */
  startup: probe(30).optional(),
});

/** The port of a probe and the key with its name; undefined for a command. */
export function probePort(probe: Probe): { key: 'port' | 'tcp' | 'grpc'; port: string } | undefined {
  if ('path' in probe) return { key: 'port', port: probe.port };
  if ('tcp' in probe) return { key: 'tcp', port: probe.tcp };
  if ('grpc' in probe) return { key: 'grpc', port: probe.grpc };
  return undefined;
}
