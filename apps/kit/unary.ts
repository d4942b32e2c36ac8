import type { handleUnaryCall, Metadata, ServerUnaryCall } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import { context, propagation } from '@opentelemetry/api';
import { callerOf } from './callers.ts';
import { log } from './log.ts';
import { handled } from './metrics.ts';
import { asRefusal, Refusal } from './refusal.ts';
import { inSpan, SpanKind } from './tracing.ts';

/** Properties of a call beside the request. */
export interface Call {
  /** The name in the caller's certificate. */
  caller: string;
  /** Aborts when the caller cancels or the deadline expires. */
  signal: AbortSignal;
  /** Address of the caller's pod. */
  address: string;
  /** A header of HTTP, or metadata of gRPC, by its name in small letters; undefined where there is none. */
  header(name: string): string | undefined;
}

/** Maximum duration of a call, whatever deadline its caller sets. */
export const longestMs = 60_000;

/**
 * Makes a gRPC handler from a function: with deadline, metrics and traces, and errors converted to a status.
 */
export function unary<Request, Response>(
  work: (request: Request, call: Call) => Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, respond) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort(new Refusal(status.CANCELLED, 'the caller cancelled')));
    const timer = setTimeout(
      () => controller.abort(new Refusal(status.DEADLINE_EXCEEDED, 'the call took too long')),
      timeLeft(call.getDeadline()),
    );
    const run = async (): Promise<Response> => {
      const { signal } = controller;
      signal.throwIfAborted();
      // First, so that a synchronous error cannot leave a rejection of `late` unhandled.
      const working = work(call.request, callOf(call, signal));
      const late = new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      });
      return Promise.race([working, late]);
    };
    observed(call, run)
      .then(
        (response) => respond(null, response),
        (error: unknown) => {
          const { code, message } = asRefusal(error);
          respond({ code, details: message });
        },
      )
      .finally(() => clearTimeout(timer));
  };
}

/** The properties of a gRPC call. */
export function callOf(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'metadata' | 'getAuthContext' | 'getPeer'>,
  signal: AbortSignal,
): Call {
  return {
    caller: callerOf(call),
    signal,
    address: call.getPeer(),
    header: (name) => call.metadata.get(name).map(String)[0],
  };
}

/**
 * Codes that are the service's fault (OpenTelemetry, 'Semantic Conventions for gRPC', status of server
 * spans).
 */
const faults: ReadonlySet<status> = new Set([
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
]);

/** A call of any kind as a span below the caller's and in the histogram, with its code. */
export async function observed<T>(
  call: Pick<ServerUnaryCall<unknown, unknown>, 'getPath' | 'metadata' | 'getAuthContext' | 'getPeer'>,
  work: () => Promise<T>,
): Promise<T> {
  const [, service = '', method = ''] = call.getPath().split('/');
  const end = handled.startTimer({ grpc_service: service, grpc_method: method });
  const parent = propagation.extract(context.active(), call.metadata, {
    keys: (metadata: Metadata) => Object.keys(metadata.getMap()),
    get: (metadata: Metadata, key) => metadata.get(key).map(String)[0],
  });
  const caller = callerOf(call);
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': service, 'rpc.method': method, caller };
  const run = async (): Promise<T> => {
    try {
      const result = await work();
      end({ grpc_code: 'OK' });
      return result;
    } catch (error) {
      const { code } = asRefusal(error);
      end({ grpc_code: status[code] });
      if (code === status.INTERNAL || code === status.UNAVAILABLE) {
        log.error('call failed', { method: `${service}/${method}`, caller, address: call.getPeer(), error });
      }
      throw error;
    }
  };
  const isFault = (error: unknown) => faults.has(asRefusal(error).code);
  return context.with(parent, () =>
    inSpan(`${service}/${method}`, SpanKind.SERVER, attributes, run, isFault),
  );
}

function timeLeft(deadline: Date | number): number {
  const left = (deadline instanceof Date ? deadline.getTime() : deadline) - Date.now();
  return Math.max(0, Math.min(left, longestMs));
}
