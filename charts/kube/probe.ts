import { k8s } from 'cdk8s-plus-28';

/** How often a probe tries, and how many failures in a row count. */
export interface ProbeTiming {
  period?: number;
  failures?: number;
  timeout?: number;
}

/** Asks `path` of the container's port of that name; `host` where it serves several. */
export function httpProbe(
  port: string,
  path: string,
  timing: ProbeTiming & { scheme?: 'HTTP' | 'HTTPS'; host?: string } = {},
): k8s.Probe {
  const { scheme, host } = timing;
  return {
    httpGet: {
      port: k8s.IntOrString.fromString(port),
      path,
      ...(scheme ? { scheme } : {}),
      ...(host ? { httpHeaders: [{ name: 'Host', value: host }] } : {}),
    },
    ...common(timing),
  };
}

/** Opens a connection to the container's port of that name. */
export function tcpProbe(port: string, timing: ProbeTiming = {}): k8s.Probe {
  return { tcpSocket: { port: k8s.IntOrString.fromString(port) }, ...common(timing) };
}

/** Asks the standard health service of gRPC; by number, since Kubernetes takes no name of a port here. */
export function grpcProbe(port: number, service: string | undefined, timing: ProbeTiming = {}): k8s.Probe {
  return { grpc: { port, ...(service === undefined ? {} : { service }) }, ...common(timing) };
}

/** Runs a command in the container. */
export function execProbe(command: string[], timing: ProbeTiming = {}): k8s.Probe {
  return { exec: { command }, ...common(timing) };
}

function common({ period = 10, failures = 3, timeout = 3 }: ProbeTiming) {
  return { periodSeconds: period, failureThreshold: failures, timeoutSeconds: timeout };
}
