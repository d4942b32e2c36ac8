import { inUnits } from '../../model/schema/quantity.ts';

/**
 * Limits of one log line, span or sample. Longer texts are cut, and further fields are left out, so that one app fills neither the
 * memory of a collector nor a store.
 */
export const signalLimits = {
  /** Log lines of one app a second on one node. */
  linesPerSecond: {
    /** From here on an alert fires: what the pipeline is tested with, of all apps together. */
    alert: 1000,
    /** The agent reads no faster: the rest waits in the files of the containers. */
    most: 2000,
  },
  /** Bytes of the log lines that an agent sends at once: they have room in its memory, and Loki takes as many of one stream. */
  batch: 8 * 2 ** 20,
  /** Bytes of a log line. The agent splits a longer one, the collector cuts it. */
  line: '256KiB',
  /**
   * Attributes of a log line, span, span event or resource: the default limit of OpenTelemetry's SDKs (OpenTelemetry specification,
   * 'Common', 'Attribute Limits').
   */
  attributes: 128,
  /** Bytes of one attribute. */
  attribute: '8KiB',
  /** Bytes of the name of a span. */
  name: 256,
  /** Labels of a series, beside those of Prometheus' own discovery. */
  labels: 30,
  /** Series of one target of Prometheus. */
  series: 20_000,
  /**
   * Names of the spans of one service, each with its kinds and results, in the metrics that are made of spans. Each is a histogram of 18
   * series, and all services are one target: one that names its spans after user input leaves room for the others.
   */
  spanNames: 250,
  /** Pods of one service, each with the kinds and results of its spans, of which the gate of roll-outs counts the errors. */
  pods: 1_000,
  /** Bytes of one answer of an app to Prometheus: 400 for each series. A larger one is not parsed, which takes far more memory. */
  scrape: '8MB',
  /** Bytes of one trace. A larger one is dropped whole. */
  trace: '5Mi',
} as const;

/** Attributes that are kept where others are left out: links, filters and policies are made of them. */
const resourceKeys = [
  'service.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'deployment.environment.name',
];
const recordKeys = ['level', 'trace_id', 'span_id', 'query_id', 'log.iostream', 'logtag'];

const attributeBytes = inUnits('8Ki');
/** The same limit of a log line as a number. */
export const lineBytes = inUnits('256Ki');

/** Statements of the transform processor that hold one map of attributes within its limits (OTTL, 'Functions'). */
function bounded(map: string, kept: readonly string[]): string[] {
  return [
    `limit(${map}, ${signalLimits.attributes}, ${JSON.stringify(kept)})`,
    `truncate_all(${map}, ${attributeBytes})`,
  ];
}

/** Statements that cut a text. `truncate_all`, which splits no character, takes maps alone: `cache` is the statements' own. */
function cut(context: string, text: string, bytes: number): string[] {
  const isLong = `where IsString(${text}) and Len(${text}) > ${bytes}`;
  return [
    `set(${context}.cache["text"], ${text}) ${isLong}`,
    `truncate_all(${context}.cache, ${bytes}) ${isLong}`,
    `set(${text}, ${context}.cache["text"]) ${isLong}`,
  ];
}

const resource = { context: 'resource', statements: bounded('resource.attributes', resourceKeys) };

/** Nested fields become fields with dots, as the stores have them: else one field could hold any number of them. */
const log = {
  context: 'log',
  statements: [
    'flatten(log.attributes)',
    ...bounded('log.attributes', recordKeys),
    ...cut('log', 'log.body', lineBytes),
  ],
};

const span = {
  context: 'span',
  statements: [...bounded('span.attributes', []), ...cut('span', 'span.name', signalLimits.name)],
};

const spanEvent = { context: 'spanevent', statements: bounded('spanevent.attributes', []) };

const datapoint = {
  context: 'datapoint',
  statements: [
    `limit(datapoint.attributes, ${signalLimits.labels}, [])`,
    `truncate_all(datapoint.attributes, ${signalLimits.name})`,
  ],
};

/** The processor that holds log lines within the limits; a statement that fails is logged and leaves the line as it is. */
export function logLimits(): object {
  return { error_mode: 'ignore', log_statements: [resource, log] };
}

/** The same for all signals that apps send. */
export function appLimits(): object {
  return {
    ...logLimits(),
    trace_statements: [resource, span, spanEvent],
    metric_statements: [resource, datapoint],
  };
}
