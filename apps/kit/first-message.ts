import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServiceDefinition,
  status,
} from '@grpc/grpc-js';

/** A message that does not match its contract, such as 30,000 nested values. */
class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/** The same service, but unreadable messages reach `readInTime`, which refuses them. */
export function tolerant(definition: ServiceDefinition): ServiceDefinition {
  return Object.fromEntries(
    Object.entries(definition).map(([name, method]) => [
      name,
      {
        ...method,
        requestDeserialize: (bytes: Buffer): unknown => {
          try {
            return method.requestDeserialize(bytes);
          } catch (error) {
            return new Unreadable(error instanceof Error ? error.message : String(error));
          }
        },
      },
    ]),
  );
}

/**
 * Ends a call whose request (of a stream: first message) does not arrive within `milliseconds`, because no
 * handler runs until then; and a call with an unreadable message, which is the caller's fault.
 */
export function readInTime(milliseconds: number): ServerInterceptor {
  return ({ requestStream }, call) => {
    const refuse = (code: status, details: string) =>
      call.sendStatus({ code, details, metadata: new Metadata() });
    let timer: NodeJS.Timeout | undefined;
    return new ServerInterceptingCall(call, {
      start(next) {
        timer = setTimeout(
          () => refuse(status.DEADLINE_EXCEEDED, `no request within ${milliseconds / 1_000} s`),
          milliseconds,
        );
        next(
          new ServerListenerBuilder()
            .withOnReceiveMessage((message: unknown, hand) => {
              if (requestStream) clearTimeout(timer);
              if (message instanceof Unreadable)
                refuse(status.INVALID_ARGUMENT, `the message: ${message.why}`);
              else hand(message);
            })
            .withOnReceiveHalfClose((hand) => {
              clearTimeout(timer);
              hand();
            })
            .withOnCancel(() => clearTimeout(timer))
            .build(),
        );
      },
    });
  };
}
