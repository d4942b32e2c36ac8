import { context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { withoutSecrets } from './without-secrets.ts';

/**
 * Sends traces to OTEL_EXPORTER_OTLP_ENDPOINT (OpenTelemetry, 'Environment Variable Specification'); without
 * it no span is created. Returns a function that sends the remaining spans at the end of the process.
 * Spans are created explicitly at the edges of the process: instrumentation that patches packages does not
 * work in a bundle.
 */
export function startTracing(service: string, env: NodeJS.ProcessEnv): () => Promise<void> {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  if (!env.OTEL_EXPORTER_OTLP_ENDPOINT && !env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) return async () => {};
  const provider = new TracerProvider({
    // The variable OTEL_RESOURCE_ATTRIBUTES has the name of the pod, among others.
    resource: detectResources({ detectors: [envDetector] }).merge(
      resourceFromAttributes({ 'service.name': env.OTEL_SERVICE_NAME ?? service }),
    ),
    spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })],
  });
  trace.setGlobalTracerProvider(provider);
  return () => provider.shutdown();
}

/**
 * Runs work as a span; errors are recorded and rethrown. The span fails unless `isFault` tells that the error
 * is the caller's: a correct refusal uses no error budget.
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
      const message = error instanceof Error ? withoutSecrets(error.message) : '';
      if (isFault(error)) span.setStatus({ code: SpanStatusCode.ERROR, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

/** The current trace as the header `traceparent` (W3C, 'Trace Context'); undefined outside of a span. */
export function currentTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

/** Runs work as part of a trace from a header; without a valid header a new trace starts. */
export function belowTrace<T>(headers: { traceparent?: string | undefined }, work: () => T): T {
  return context.with(propagation.extract(context.active(), headers), work);
}

/** Whether a request is being served, not maintenance. */
export function isTraced(): boolean {
  return trace.getActiveSpan() !== undefined;
}

export { type Span, SpanKind };
