import { z } from 'zod';
import { alertReceivers } from '../alert-receivers.ts';
import { duration } from '../duration.ts';
import { bytes } from '../resources.ts';

/** The stores of metrics, logs and traces. */
export const observabilityStores = ['light', 'grafana'] as const;
export type ObservabilityStore = (typeof observabilityStores)[number];

/** Collection of metrics, logs and traces. */
export const observability = z.union([
  z.strictObject({
    store: z
      .enum(observabilityStores)
      .describe(
        '`light`: Prometheus, VictoriaLogs and Jaeger, one pod each, for laptops and small machines; all parts together reserve less than 600 MiB. `grafana`: Prometheus, Loki, Tempo and Grafana with dashboards; their images are only pulled, never built.',
      ),
    alerts: alertReceivers
      .optional()
      .describe('Notifications of alerts. Default: none, the page of Prometheus shows alerts.'),
  }),
  z.literal('off').describe('No metrics, logs or traces are collected.'),
]);

/** Retention of each signal; the volumes must have room for it. */
export const retention = z.strictObject({
  metrics: duration.default('15d').describe('Retention of metrics.'),
  logs: duration.default('7d').describe('Retention of logs.'),
  traces: duration.default('3d').describe('Retention of traces.'),
});

/** Size of the volume of each signal. */
export const signalStorage = z.strictObject({
  metrics: bytes.default('10Gi').describe('Size of the volume for metrics, in bytes.'),
  logs: bytes.default('5Gi').describe('Size of the volume for logs, in bytes.'),
  traces: bytes.default('5Gi').describe('Size of the volume for traces, in bytes.'),
});
