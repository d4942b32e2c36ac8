import { isSpanContextValid, trace } from '@opentelemetry/api';
import { fieldWithoutSecrets } from './without-secrets.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Writes lines of JSON to standard output. Never log a key or a payload: what is hidden are secrets in texts of errors. */
export const log = {
  info: (message: string, fields?: Fields) => write('info', message, fields),
  warn: (message: string, fields?: Fields) => write('warn', message, fields),
  error: (message: string, fields?: Fields) => write('error', message, fields),
};

function write(level: string, message: string, fields: Fields = {}): void {
  const span = trace.getActiveSpan()?.spanContext();
  const line = {
    time: new Date().toISOString(),
    level,
    message,
    ...Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plain(value)])),
    ...(span === undefined || !isSpanContextValid(span)
      ? {}
      : { trace_id: span.traceId, span_id: span.spanId }),
  };
  process.stdout.write(`${JSON.stringify(line, fieldWithoutSecrets)}\n`);
}

/** An error as text and stack: JSON would write `{}`. */
function plain(value: unknown): unknown {
  return value instanceof Error ? (value.stack ?? value.message) : value;
}
