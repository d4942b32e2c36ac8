import { component } from '../../charts/kube/component.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { allow, pods } from '../../charts/kube/network-policy.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { serverFiles } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { signalReaders } from '../../charts/observability/signal-use.ts';
import { store } from '../../charts/observability/store.ts';
import type { Environment } from '../../model/graph.ts';
import { inUnits } from '../../model/schema/quantity.ts';

const name = 'victoria-logs';
/** Share of the volume for log lines: the oldest day is removed first, and merges need space. */
const usable = 0.8;

/**
 * VictoriaLogs, one pod. It serves TLS with a certificate of its own authority; verification of client
 * certificates is a feature of its commercial edition (`-mtls`), so only the network policy restricts its
 * callers.
 */
export function chart(env: Environment): Component {
  const { retention, storage } = env.cluster;
  return component(name, (chart) => {
    const files = serverFiles(name);
    store(chart, env, {
      name,
      size: storage.logs,
      container: {
        args: [
          '-storageDataPath=/data',
          `-retentionPeriod=${retention.logs}`,
          `-retention.maxDiskSpaceUsageBytes=${Math.floor(usable * inUnits(storage.logs))}`,
          `-httpListenAddr=:${ports.logs}`,
          '-tls',
          `-tlsCertFile=${files.certificate}`,
          `-tlsKeyFile=${files.key}`,
          '-loggerFormat=json',
          '-memory.allowedPercent=50',
          // What it has taken and not yet written is lost with it.
          '-inmemoryDataFlushInterval=1s',
        ],
        ports: [{ name: 'https', containerPort: ports.logs }],
        readinessProbe: httpProbe('https', '/health', { scheme: 'HTTPS', period: 5 }),
        livenessProbe: httpProbe('https', '/health', { scheme: 'HTTPS' }),
        resources: { cpu: '20m', memory: '64Mi', memoryLimit: '256Mi' },
      },
    });
    service(chart, name, name, [{ name: 'https', port: ports.logs }]);
    allow(chart, name, name, {
      ingress: [
        ...['opentelemetry-agent', 'opentelemetry-collector'].map((writer) => pods(writer, writer)),
        ...signalReaders(env, name),
      ].map((caller) => ({ peers: [caller], ports: [{ port: ports.logs }] })),
    });
    allowScrapes(chart, env, name);
  });
}
