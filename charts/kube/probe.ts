import { k8s } from 'cdk8s-plus-28';

/** Interval of a probe, and the number of failures in a row that count. */
export interface ProbeTiming {
  period?: number;
  failures?: number;
  timeout?: number;
}

/** HTTP request for `path` at the container's port of that name; `host` if it serves several hosts. */
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

/** TCP connection to the container's port of that name. */
export function tcpProbe(port: string, timing: ProbeTiming = {}): k8s.Probe {
  return { tcpSocket: { port: k8s.IntOrString.fromString(port) }, ...common(timing) };
}

/**
 * Request to the standard gRPC health service, by port number, because Kubernetes accepts no port name here.
 */
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
