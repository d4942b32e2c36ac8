import { type PeerCertificate, TLSSocket } from 'node:tls';
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';

/** Names that may call, as CALLERS lists them. The certificate was checked by then; this asks whose it is. */
export function callersFrom(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const names = (env.CALLERS ?? '').split(',').filter((name) => name !== '');
  return new Set(names);
}

/** The name in a certificate; none where it has no name or several. */
export function nameIn(certificate: PeerCertificate | undefined): string | undefined {
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The name of the caller on a connection whose certificate was checked; none on any other. */
export function nameOf(socket: unknown): string | undefined {
  return socket instanceof TLSSocket && socket.authorized ? nameIn(socket.getPeerCertificate()) : undefined;
}

/** The caller of a call that `onlyCallers` let through. */
export function callerOf(call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): string {
  const name = nameIn(call.getAuthContext().sslPeerCertificate);
  if (name === undefined) throw new Error('a call without a caller reached a handler');
  return name;
}

/** Refuses every call, of every service, whose caller is not one of `callers`. */
export function onlyCallers(callers: ReadonlySet<string>): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        const name = nameIn(call.getAuthContext().sslPeerCertificate);
        if (name !== undefined && callers.has(name)) {
          next(new ServerListenerBuilder().build());
          return;
        }
        call.sendStatus({
          code: name === undefined ? status.UNAUTHENTICATED : status.PERMISSION_DENIED,
          details: name === undefined ? 'no certificate' : `${name} may not call this service`,
          metadata: new Metadata(),
        });
      },
    });
}
