import { z } from 'zod';
import { largestInt32, portName } from './kubernetes-names.ts';
import { command } from './process.ts';

/** How often kubelet asks, and when it takes no for an answer (Kubernetes, 'Configure Liveness, Readiness and Startup Probes'). */
const timing = (failures: number) => ({
  /** Seconds between two tries. */
  period: z.number().int().min(1).max(largestInt32).default(10),
  /** Failed tries in a row until it counts. */
  failures: z.number().int().min(1).max(largestInt32).default(failures),
  /** Seconds until a try without answer has failed. */
  timeout: z.number().int().min(1).max(largestInt32).default(3),
});

/** A question that kubelet asks a container; `failures` is the default of its key. */
const probe = (failures: number) =>
  z.union([
    /** HTTP: an answer of 200 to 399. */
    z.strictObject({
      path: z.string().regex(/^\//, "a path that starts with '/'"),
      port: portName,
      ...timing(failures),
    }),
    /** TCP: the port takes a connection. */
    z.strictObject({ tcp: portName, ...timing(failures) }),
    /** The standard health service of gRPC says SERVING; `service` is the name that it is asked for. Without TLS. */
    z.strictObject({ grpc: portName, service: z.string().min(1).optional(), ...timing(failures) }),
    /** A command in the container ends with 0. */
    z.strictObject({ exec: command, ...timing(failures) }),
  ]);

export type Probe = z.infer<ReturnType<typeof probe>>;

export const probes = z.strictObject({
  /** Requests come while it succeeds. A process with ports must have one. */
  ready: probe(3).optional(),
  /** The container is started again when it fails. */
  live: probe(3).optional(),
  /** Neither of the others asks before it has succeeded: for what takes long to start. Default of failures: 30. */
  startup: probe(30).optional(),
});

/** The port that a probe asks, and the key that names it; undefined where it runs a command. */
export function probePort(probe: Probe): { key: 'port' | 'tcp' | 'grpc'; port: string } | undefined {
  if ('path' in probe) return { key: 'port', port: probe.port };
  if ('tcp' in probe) return { key: 'tcp', port: probe.tcp };
  if ('grpc' in probe) return { key: 'grpc', port: probe.grpc };
  return undefined;
}
