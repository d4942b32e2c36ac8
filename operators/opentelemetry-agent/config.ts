import { namespaceOf } from '../../charts/kube/names.ts';
import { common, logsExporter } from '../../charts/observability/collector.ts';
import { lineBytes, logLimits, signalLimits } from '../../charts/observability/signal-limits.ts';
import { signalStores } from '../../charts/observability/stores.ts';
import type { Environment } from '../../model/graph.ts';

/** The name of the operator and of its pods. */
export const name = 'opentelemetry-agent';

/** The agent's folder on the node: read positions, and the queue of unsent lines. */
export const stateFolder = '/var/lib/opentelemetry-agent';

/** The kubelet's folder with a folder `NAMESPACE_POD_UID` for each pod. */
export const logsFolder = '/var/log/pods';

/**
 * CloudNativePG wraps a line of PostgreSQL in one of its own ('Logging', 'PostgreSQL log'): `record` holds what PostgreSQL said. Its level,
 * message and fingerprint (`query_id`) become those of the line.
 */
const postgresLine = (
  [
    ['error_severity', 'level'],
    ['message', 'msg'],
    ['query_id', 'query_id'],
  ] as const
).map(([from, to]) => ({
  type: 'move',
  if: `attributes.logger == "postgres" and attributes.record != nil and attributes.record.${from} != nil`,
  from: `attributes.record.${from}`,
  to: `attributes.${to}`,
  on_error: 'send_quiet',
}));

/**
 * containerd writes a line in parts of 16 KiB (`max_container_log_line_size`). They are put together until there are more bytes than
 * these (`recombine`, `max_log_size`): with the last part as many as a line may have, of which nothing is cut.
 */
const gatheredBytes = lineBytes - 16 * 2 ** 10;

const has = (field: string) => `attributes[${JSON.stringify(field)}] != nil`;

/** From a line of a container's file to a record with its level, message and trace. */
const operators = [
  // `container` takes namespace and pod out of the path, and knows no compressed file.
  {
    type: 'add',
    if: `attributes["log.file.path"] endsWith ".gz"`,
    field: 'attributes["log.file.path"]',
    value: 'EXPR(trimSuffix(attributes["log.file.path"], ".gz"))',
  },
  { type: 'container', id: 'container', max_log_size: gatheredBytes },
  {
    type: 'json_parser',
    if: 'body matches "^\\\\s*\\\\{"',
    parse_from: 'body',
    parse_to: 'attributes',
    on_error: 'send_quiet',
  },
  ...postgresLine,
  {
    type: 'severity_parser',
    if: has('level'),
    parse_from: 'attributes.level',
    // PostgreSQL's own levels, beside those that every program has.
    mapping: { info: ['log', 'notice'], fatal: 'panic' },
    on_error: 'send_quiet',
  },
  {
    type: 'move',
    if: has('message'),
    from: 'attributes.message',
    to: 'body',
    on_error: 'send_quiet',
  },
  { type: 'move', if: has('msg'), from: 'attributes.msg', to: 'body', on_error: 'send_quiet' },
  {
    type: 'trace_parser',
    if: has('trace_id'),
    trace_id: { parse_from: 'attributes.trace_id' },
    span_id: { parse_from: 'attributes.span_id' },
    on_error: 'send_quiet',
  },
];

/**
 * The file that a container writes, and those that the kubelet has rotated: the newest of them as it was, the others compressed (kubelet,
 * `container_log_manager.go`). Where an app writes faster than it is read, they are what waits.
 */
function filesOf(pods: string): string[] {
  const rotated = '????????-??????';
  return ['log', `log.${rotated}`, `log.${rotated}.gz`].map((end) => `${logsFolder}/${pods}/*/*.${end}`);
}

/** A receiver that reads these files (filelogreceiver, 'Configuration'). */
function fileLog(include: string[], exclude: string[]): object {
  return {
    include,
    ...(exclude.length > 0 ? { exclude } : {}),
    // Each receiver lists its files again at this interval.
    poll_interval: '500ms',
    compression: 'auto',
    include_file_path: true,
    include_file_name: false,
    start_at: 'beginning',
    max_log_size: signalLimits.line,
    storage: 'file_storage',
    retry_on_failure: { enabled: true },
    operators,
  };
}

/** The id of a component in the collector's configuration: the one of an app, or of all other pods. */
function idOf(kind: string, app?: string): string {
  return app === undefined ? kind : `${kind}/${app}`;
}

/**
 * A receiver for each app, and one for all other pods. A receiver looks at its files again once it has read all of them to their end, which one
 * that grows faster than it is read keeps it from: such an app delays its own lines alone, and the agent's metrics count each app's lines.
 */
function fileLogs(apps: Environment['apps']): Record<string, object> {
  const own = apps.map((app) => ({ name: app.name, files: filesOf(`${namespaceOf(app)}_*`) }));
  // Its own complaint about a store that is away would be a line to send to that store.
  const others = fileLog(filesOf('*'), [...filesOf(`${name}_*`), ...own.flatMap(({ files }) => files)]);
  return {
    [idOf('file_log')]: others,
    ...Object.fromEntries(own.map((app) => [idOf('file_log', app.name), fileLog(app.files, [])])),
  };
}

/** Reading waits for a store that is away: the files are the longer queue. */
const queue = { storage: 'file_storage', block_on_overflow: true };

/** Unsent lines of all pods that are of no app. */
const queueOfOthers = { ...queue, sizer: 'bytes', queue_size: 64 * 2 ** 20, num_consumers: 2 };

/** A batch of this size is sent at once. */
const { batch: largestBatch } = signalLimits;

/**
 * The unsent lines of one app: those of a second. A queue counts what is waiting and what is being sent (exporterhelper, `queue_size`), and a
 * batch is sent a second after its first line came (`flush_timeout`). So no more lines are read in a second, and the rest waits in the files.
 */
const queueOfApp = {
  ...queue,
  sizer: 'items',
  queue_size: signalLimits.linesPerSecond.most,
  num_consumers: 1,
  batch: { sizer: 'bytes', flush_timeout: '1s', min_size: largestBatch, max_size: largestBatch },
};

/** The collector's configuration: files of containers, their JSON taken apart, sent to the store. */
export function agentConfig(env: Pick<Environment, 'cluster' | 'apps'>): object {
  const { logs: store } = signalStores(env);
  const apps = env.apps.map((app) => app.name);
  const exporters = {
    [idOf('otlp_http')]: logsExporter(store, queueOfOthers),
    ...Object.fromEntries(apps.map((app) => [idOf('otlp_http', app), logsExporter(store, queueOfApp)])),
  };
  const pipelines = [undefined, ...apps].map((app) => [
    idOf('logs', app),
    {
      receivers: [idOf('file_log', app)],
      processors: ['memory_limiter', 'transform/limits'],
      exporters: [idOf('otlp_http', app)],
    },
  ]);
  return {
    extensions: {
      ...common.extensions,
      file_storage: { directory: stateFolder, create_directory: true },
    },
    receivers: fileLogs(env.apps),
    processors: { memory_limiter: common.processors.memory_limiter, 'transform/limits': logLimits() },
    exporters,
    service: {
      extensions: ['health_check', 'file_storage'],
      telemetry: common.telemetry,
      pipelines: Object.fromEntries(pipelines),
    },
  };
}
