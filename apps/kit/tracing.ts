import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';

/**
 * Sends traces where OTEL_EXPORTER_OTLP_ENDPOINT says (OpenTelemetry, 'Environment Variable Specification'); where it
 * says nothing, no span is made. Returns how to send what is left, once the process ends.
 *
 * Spans are made by hand, at the edges of the process: instrumentation that patches packages while they load finds
 * none of them in a bundle.
 */
export function startTracing(service: string, env: NodeJS.ProcessEnv): () => Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return async () => {};
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME ?? service }),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

/**
 * Runs a piece of work as a span of its own; what it throws is noted and thrown on. The span has failed unless `isFault` says
 * that the error is the caller's: a request that was refused rightly uses no error budget.
 */
export async function inSpan<T>(
  name: string,
  kind: SpanKind,
  attributes: Record<string, string | number>,
  work: (span: Span) => Promise<T>,
  isFault: (error: unknown) => boolean = () => true,
): Promise<T> {
  return trace.getTracer('plinth').startActiveSpan(name, { kind, attributes }, async (span) => {
    try {
      return await work(span);
    } catch (error) {
      const message = error instanceof Error ? error.message : '';
      if (isFault(error)) span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The trace that runs, as the header `traceparent` has it (W3C, 'Trace Context'); none outside a span. */
export function currentTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs work below a trace that began elsewhere; where the header is absent or wrong, a new one begins. */
export function belowTrace<T>(headers: { traceparent?: string | undefined }, work: () => T): T {
  return context.with(propagation.extract(context.active(), headers), work);
}

/** Whether a request is being served, rather than upkeep of the process. */
export function isTraced(): boolean {
  return trace.getActiveSpan() !== undefined;
}

export { type Span, SpanKind };
