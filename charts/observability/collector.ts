import { ports, serviceName } from './endpoints.ts';
import { type CertificateFiles, clientFiles } from './mutual-identity.ts';
import type { LogStore } from './stores.ts';

/** Interval at which certificates are read again. The kubelet updates a renewed one in the pod within two minutes. */
const reload = { reload_interval: '1m' };

/** TLS of an exporter with a client certificate. */
export function clientTls(callee: string): object {
  const { certificate, key, roots } = clientFiles(callee);
  return { ca_file: roots, cert_file: certificate, key_file: key, ...reload };
}

/** TLS of a server that requires client certificates. */
export function serverTls({ certificate, key, roots }: CertificateFiles): object {
  return {
    cert_file: certificate,
    key_file: key,
    client_ca_file: roots,
    client_ca_file_reload: true,
    ...reload,
  };
}

/** An OTLP exporter of log lines to their store. */
export function logsExporter({ operator, port, path, headers }: LogStore, queue: object): object {
  return {
    logs_endpoint: `https://${serviceName(operator)}:${port}${path}`,
    ...(headers === undefined ? {} : { headers }),
    tls: clientTls(operator),
    // Retries until the store answers. The collector's own metrics show a full queue.
    retry_on_failure: { max_elapsed_time: '0s' },
    sending_queue: queue,
  };
}

/** Parts of every collector: health check, memory limit and its own metrics. */
export const common = {
  extensions: { health_check: { endpoint: `0.0.0.0:${ports.health}` } },
  processors: {
    memory_limiter: { check_interval: '1s', limit_percentage: 80, spike_limit_percentage: 20 },
    batch: { send_batch_size: 1024, send_batch_max_size: 2048, timeout: '1s' },
  },
  telemetry: {
    logs: { encoding: 'json' },
    metrics: {
      level: 'normal',
      readers: [{ pull: { exporter: { prometheus: { host: '0.0.0.0', port: ports.ownMetrics } } } }],
    },
  },
};
