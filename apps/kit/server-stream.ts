import { type handleServerStreamingCall, status } from '@grpc/grpc-js';
import { asRefusal, Refusal } from './refusal.ts';
import { type Call, callOf, observed } from './unary.ts';

/**
 * Makes a gRPC handler with a stream of answers from a function that gives an AsyncIterable, which must end when the signal of the call
 * aborts. Errors are converted to a status; the call ends with the last answer.
 */
export function serverStream<Request, Response>(
  work: (request: Request, call: Call) => Promise<AsyncIterable<Response>>,
): handleServerStreamingCall<Request, Response> {
  return (call) => {
    const controller = new AbortController();
    call.on('cancelled', () => controller.abort(new Refusal(status.CANCELLED, 'the caller cancelled')));
    const run = async (): Promise<void> => {
      for await (const answer of await work(call.request, callOf(call, controller.signal)))
        call.write(answer);
    };
    observed(call, run).then(
      () => call.end(),
      (error: unknown) => {
        const { code, message } = asRefusal(error);
        call.emit('error', { code, details: message });
      },
    );
  };
}
