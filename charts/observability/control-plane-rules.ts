import { alert, type PrometheusRule } from './prometheus-rule.ts';

/** Largest database of etcd in bytes: then it takes no more writes (etcd, `--quota-backend-bytes`, default). */
const quota = 2 * 2 ** 30;

/** Alerts on the API server, and on etcd as the API server sees it: etcd's own metrics are on the loopback of its node. */
export function controlPlaneRules(): PrometheusRule[] {
  const answered = (selector: string) => `sum(rate(apiserver_request_total{${selector}}[10m]))`;
  return [
    alert('ApiServerFails', 'page', {
      // A floor of one failure in ten seconds: retries of a single client are no outage.
      expr: `${answered('code=~"5.."')} / ${answered('')} > 0.05 and ${answered('code=~"5.."')} > 0.1`,
      hold: '10m',
      summary: 'The API server answers {{ $value | humanizePercentage }} of its requests with an error.',
    }),
    alert('ApiServerAbsent', 'ticket', {
      expr: 'absent(up{job="kube-apiserver"})',
      hold: '15m',
      summary: 'Prometheus finds no control plane: nothing is known of the API server and etcd.',
    }),
    alert('EtcdSlow', 'ticket', {
      expr: 'sum by (node) (rate(etcd_request_duration_seconds_sum[10m])) / sum by (node) (rate(etcd_request_duration_seconds_count[10m])) > 0.2',
      hold: '15m',
      summary:
        'etcd needs {{ $value | humanizeDuration }} per request of the API server on {{ $labels.node }}.',
    }),
    alert('EtcdFull', 'page', {
      expr: `max by (node) (apiserver_storage_size_bytes) > ${0.75 * quota}`,
      hold: '10m',
      summary: 'The database of etcd has {{ $value | humanize1024 }}B of 2 GiB; a full one takes no writes.',
    }),
  ];
}
