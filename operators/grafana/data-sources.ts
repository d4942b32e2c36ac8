import { dataSources } from '../../charts/observability/data-sources.ts';
import { ports, serviceName } from '../../charts/observability/endpoints.ts';
import { clientFiles } from '../../charts/observability/mutual-identity.ts';
import { queries } from '../../charts/observability/queries.ts';
import { indexedLabel } from '../loki/config.ts';

/**
 * Data sources, and links between them (Grafana, 'Provision Grafana' and the pages of each data source,
 * 12.2). Provisioning replaces `$NAME` with a variable: `$$` is a dollar sign.
 */
export function provisionedDataSources(): object {
  return {
    apiVersion: 1,
    // A data source that is removed here is removed from Grafana too.
    prune: true,
    datasources: [prometheus(), loki(), tempo()],
  };
}

function prometheus(): object {
  return {
    ...dataSource('prometheus', 'Prometheus'),
    url: `http://${serviceName('prometheus')}:${ports.metrics}`,
    isDefault: true,
    jsonData: {
      httpMethod: 'POST',
      timeInterval: '30s',
      manageAlerts: false,
      // The collector's name for the trace in an exemplar (prometheusexporter, 'Exemplars').
      exemplarTraceIdDestinations: [
        { name: 'trace_id', datasourceUid: dataSources.tempo.uid, urlDisplayLabel: 'Trace' },
      ],
    },
  };
}

function loki(): object {
  const { json, secure } = mutualTls('loki');
  return {
    ...dataSource('loki', 'Loki'),
    url: `https://${serviceName('loki')}:${ports.loki}`,
    jsonData: {
      ...json,
      maxLines: 1000,
      manageAlerts: false,
      derivedFields: [
        {
          name: 'Trace',
          // Structured metadata of lines received by OTLP; their text need not have the trace.
          matcherType: 'label',
          matcherRegex: 'trace_id',
          url: '$${__value.raw}',
          datasourceUid: dataSources.tempo.uid,
          urlDisplayLabel: 'Trace',
        },
      ],
    },
    secureJsonData: secure,
  };
}

function tempo(): object {
  const { json, secure } = mutualTls('tempo');
  const service = { key: 'service.name', value: 'service_name' };
  const namespace = { key: 'k8s.namespace.name', value: indexedLabel('k8s.namespace.name') };
  return {
    ...dataSource('tempo', 'Tempo'),
    url: `https://${serviceName('tempo')}:${ports.tempo}`,
    jsonData: {
      ...json,
      nodeGraph: { enabled: true },
      tracesToLogsV2: {
        datasourceUid: dataSources.loki.uid,
        // A line may be written a little before or after its span.
        spanStartTimeShift: '-5m',
        spanEndTimeShift: '5m',
        tags: [namespace],
        customQuery: true,
        query: '{$${__tags}} | trace_id="$${__span.traceId}"',
      },
      tracesToMetrics: {
        datasourceUid: dataSources.prometheus.uid,
        spanStartTimeShift: '-30m',
        spanEndTimeShift: '30m',
        tags: [service],
        queries: Object.entries({
          'Requests per second': queries.spans.requests,
          'Failed requests, share': queries.spans.failed,
          '95th percentile': queries.spans.slow,
        }).map(([name, query]) => ({ name, query: query('$$__tags', '5m') })),
      },
    },
    secureJsonData: secure,
  };
}

function dataSource(kind: keyof typeof dataSources, name: string): object {
  const { type, uid } = dataSources[kind];
  return { name, type, uid, access: 'proxy', editable: false };
}

/** Grafana reads the files at its start only: its pod restarts when they have changed (chart.ts). */
function mutualTls(callee: string): { json: object; secure: object } {
  const { certificate, key, roots } = clientFiles(callee);
  return {
    json: { tlsAuth: true, tlsAuthWithCACert: true, serverName: serviceName(callee) },
    secure: {
      tlsCACert: `$__file{${roots}}`,
      tlsClientCert: `$__file{${certificate}}`,
      tlsClientKey: `$__file{${key}}`,
    },
  };
}
