import type { k8s } from 'cdk8s-plus-28';
import type { EnvironmentApp } from '../../model/graph.ts';
import type { InitStep, Sidecar } from '../../model/schema/beside.ts';
import { largestInt32 } from '../../model/schema/kubernetes-names.ts';
import type { Probe } from '../../model/schema/probe.ts';
import { literal } from '../kube/literal.ts';
import type { ContainerInput, Resources } from '../kube/pod.ts';
import { execProbe, grpcProbe, httpProbe, tcpProbe } from '../kube/probe.ts';

/** The fields of app.ts that say how a process starts. */
type Process = Pick<InitStep, 'command' | 'args' | 'user' | 'readOnlyRoot' | 'capabilities'>;

/** Variables of a container with literal values: Kubernetes expands nothing in them. */
export function variables(env: Readonly<Record<string, string>>): k8s.EnvVar[] {
  return Object.entries(env).map(([name, value]) => ({ name, value: literal(value) }));
}

/** Two lists of variables in one; the second list wins where a name is in both. */
export function merged(first: readonly k8s.EnvVar[], second: readonly k8s.EnvVar[]): k8s.EnvVar[] {
  const names = new Set(second.map(({ name }) => name));
  return [...first.filter(({ name }) => !names.has(name)), ...second];
}

/** A container without its probes and ports. */
export function container(
  name: string,
  image: string,
  process: Process & { resources: Resources },
  env: k8s.EnvVar[],
  volumeMounts: k8s.VolumeMount[],
): ContainerInput {
  const { command, args, user, readOnlyRoot, capabilities, resources } = process;
  return {
    name,
    image,
    ...(command === undefined ? {} : { command: command.map(literal) }),
    ...(args === undefined ? {} : { args: args.map(literal) }),
    ...(env.length > 0 ? { env } : {}),
    user,
    readOnlyRoot,
    capabilities,
    resources,
    volumeMounts,
  };
}

/** A port of a process. Default: TCP. */
interface Port {
  port: number;
  protocol?: 'tcp' | 'udp';
}

/** Ports of a container by name. */
export function containerPorts(ports: Readonly<Record<string, Port>>): k8s.ContainerPort[] {
  return Object.entries(ports).map(([name, given]) => ({
    name,
    containerPort: given.port,
    ...transport(given),
  }));
}

/** The protocol of a port where it is not the default of Kubernetes, TCP. */
export function transport({ protocol }: Pick<Port, 'protocol'>): { protocol?: 'UDP' } {
  return protocol === 'udp' ? { protocol: 'UDP' } : {};
}

/** The probes of a container, on its own ports. */
export function probesOf({
  probes: { ready, live, startup },
  ports,
}: Pick<EnvironmentApp | Sidecar, 'probes' | 'ports'>): Pick<
  k8s.Container,
  'readinessProbe' | 'livenessProbe' | 'startupProbe'
> {
  return {
    ...(ready ? { readinessProbe: kubeProbe(ready, ports) } : {}),
    ...(live ? { livenessProbe: kubeProbe(live, ports) } : {}),
    ...(startup ? { startupProbe: kubeProbe(startup, ports) } : {}),
  };
}

/**
 * A startup probe that asks every second. The kubelet asks `ready` at once when it has succeeded; without one, a process that needs a
 * moment to start would get requests only after `period` (kubelet, `pkg/kubelet/prober/worker.go`). It asks what `live` asks, and
 * gives a process that does not start no less time than `live` would. Where there is no `live`, it never restarts the container.
 */
export function startProbe({ ready, live, startup }: EnvironmentApp['probes']): Probe | undefined {
  if (startup !== undefined || ready === undefined) return startup;
  if (live === undefined) return { ...ready, period: 1, failures: largestInt32 };
  return { ...live, period: 1, failures: Math.max(30, live.period * live.failures) };
}

function kubeProbe(probe: Probe, ports: Sidecar['ports']): k8s.Probe {
  if ('path' in probe) return httpProbe(probe.port, probe.path, probe);
  if ('tcp' in probe) return tcpProbe(probe.tcp, probe);
  if ('exec' in probe) return execProbe(probe.exec, probe);
  const port = ports[probe.grpc]?.port;
  if (port === undefined) throw new Error(`a probe asks the port '${probe.grpc}', which is not there`);
  return grpcProbe(port, probe.service, probe);
}
