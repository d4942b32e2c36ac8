import type { k8s } from 'cdk8s-plus-28';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { errorLimit } from '../../model/rollout.ts';
import { podsOf } from '../app/app-pods.ts';
import { namespaceOf } from '../kube/names.ts';
import { type Flow, pods } from '../kube/network-policy.ts';
import { ports, serviceName } from './endpoints.ts';
import { runs } from './observed.ts';

const collector = 'opentelemetry-collector';

/**
 * Variables that tell an app's process where to send traces, metrics and logs (OpenTelemetry, 'Environment Variable
 * Specification'); none if no collector runs. The same variables in app.ts take precedence.
 */
export function telemetryVariables(env: Environment, app: EnvironmentApp): k8s.EnvVar[] {
  if (!runs(env, collector)) return [];
  const isGated = errorLimit(app) !== undefined;
  const pod = isGated ? `,k8s.pod.name=$(${podName})` : '';
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://${serviceName(collector)}:${ports.otlp}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_SERVICE_NAME: app.name,
    OTEL_RESOURCE_ATTRIBUTES: `deployment.environment.name=${env.name},k8s.namespace.name=${namespaceOf(app)}${pod}`,
  };
  return [
    ...(isGated ? [{ name: podName, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }] : []),
    ...Object.entries(variables)
      .filter(([name]) => !Object.hasOwn(app.env, name))
      .map(([name, value]) => ({ name, value })),
  ];
}

/** Variable with the name of the pod. It stands before the one that refers to it. */
const podName = 'K8S_POD_NAME';

/** Flow of an app's telemetry to the collector. */
export function toCollector(env: Environment): Flow[] {
  return runs(env, collector) ? [{ peers: [pods(collector, collector)], ports: [{ port: ports.otlp }] }] : [];
}

/** Flows into the collector, from each app that runs, and from its job. */
export function fromApps(env: Environment): Flow[] {
  return env.apps.map((app) => ({ peers: podsOf(app), ports: [{ port: ports.otlp }] }));
}
