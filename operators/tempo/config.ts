import { type Bucket, signalBucket } from '../../charts/observability/bucket.ts';
import { serverTls } from '../../charts/observability/collector.ts';
import { ports } from '../../charts/observability/endpoints.ts';
import { serverFiles } from '../../charts/observability/mutual-identity.ts';
import { httpTlsConfig } from '../../charts/observability/server-tls.ts';
import { signalLimits } from '../../charts/observability/signal-limits.ts';
import { dataFolder } from '../../charts/observability/store.ts';
import type { Environment } from '../../model/graph.ts';
import { inSeconds } from '../../model/schema/duration.ts';
import { inUnits } from '../../model/schema/quantity.ts';

/**
 * Tempo's configuration, all components in one process (Tempo, 'Configuration', 2.9). It derives no metrics
 * from spans: the collector does, for every store alike.
 */
export function tempoConfig(env: Environment): object {
  return {
    usage_report: { reporting_enabled: false },
    server: {
      http_listen_port: ports.tempo,
      http_tls_config: httpTlsConfig('tempo'),
      // Its own components call each other there.
      grpc_listen_address: '127.0.0.1',
      log_format: 'json',
    },
    distributor: {
      receivers: {
        otlp: {
          protocols: { grpc: { endpoint: `0.0.0.0:${ports.traces}`, tls: serverTls(serverFiles('tempo')) } },
        },
      },
    },
    compactor: { compaction: { block_retention: `${inSeconds(env.cluster.retention.traces)}s` } },
    storage: {
      trace: {
        wal: { path: `${dataFolder}/wal` },
        ...traceBackend(signalBucket(env, 'tempo', 'traces')),
      },
    },
    overrides: {
      defaults: {
        ingestion: {
          rate_limit_bytes: 15_000_000,
          burst_size_bytes: 20_000_000,
          max_traces_per_user: 10_000,
        },
        // The collector drops a larger trace whole: what it sends has room, and a loop of spans cannot fill the memory.
        global: { max_bytes_per_trace: inUnits(signalLimits.trace) },
      },
    },
  };
}

function traceBackend(bucket: Bucket | undefined): object {
  if (bucket === undefined) return { backend: 'local', local: { path: `${dataFolder}/blocks` } };
  const { name, region } = bucket;
  return { backend: 's3', s3: { bucket: name, region, endpoint: `s3.${region}.amazonaws.com` } };
}
