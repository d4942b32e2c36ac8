import { syntheticField } from '../errors/error-groups.ts';

/** One synthetic request, as its span and its log lines name it. */
export interface ProbeRequest {
  /** 32 hexadecimal digits. */
  trace: string;
  /** 16 hexadecimal digits. */
  span: string;
  /** Milliseconds since 1970. */
  start: number;
  end: number;
  /** Whether the front page answered it with status 200. */
  answered: boolean;
}

/** Name of the span, and the beginning of the messages. */
export const probeName = 'signal probe';

/** Name of the service if the environment does not set one: that of the app. */
export function serviceName(env: NodeJS.ProcessEnv = process.env): string {
  return env.OTEL_SERVICE_NAME || 'home';
}

/**
 * The span as OTLP in JSON (OpenTelemetry, 'OTLP Specification', 'JSON Protobuf Encoding'). It is a client's: requests, objectives and
 * the share of failures count the spans of servers alone.
 */
export function spanOf({ trace, span, start, end, answered }: ProbeRequest, service: string): object {
  const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  return {
    resourceSpans: [
      {
        resource: { attributes: [text('service.name', service)] },
        scopeSpans: [
          {
            scope: { name: probeName },
            spans: [
              {
                traceId: trace,
                spanId: span,
                name: probeName,
                kind: 3,
                startTimeUnixNano: nanoseconds(start),
                endTimeUnixNano: nanoseconds(end),
                attributes: [text(syntheticField, 'test')],
                status: answered ? {} : { code: 2 },
              },
            ],
          },
        ],
      },
    ],
  };
}

/** BigInt: nanoseconds since 1970 are more than a number holds exactly. */
function nanoseconds(milliseconds: number): string {
  return `${BigInt(Math.round(milliseconds * 1_000)) * 1_000n}`;
}

/**
 * The lines of a request: one that an ordinary search leaves out by its level, and an error on purpose. Both are marked as synthetic, so
 * that neither is counted as an error of the app.
 */
export function linesOf({ trace, span }: ProbeRequest): string[] {
  const common = { trace_id: trace, span_id: span, [syntheticField]: 'test' };
  return [
    JSON.stringify({ level: 'debug', message: probeName, ...common }),
    JSON.stringify({ level: 'error', message: `${probeName}: an error on purpose`, ...common }),
  ];
}
