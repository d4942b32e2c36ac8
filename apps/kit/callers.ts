import { type PeerCertificate, TLSSocket } from 'node:tls';
import {
  Metadata,
  ServerInterceptingCall,
  type ServerInterceptor,
  ServerListenerBuilder,
  type ServerUnaryCall,
  status,
} from '@grpc/grpc-js';
import { asRefusal, Refusal } from './refusal.ts';

/** Names that may call, as CALLERS lists them. The certificate was checked by then; this asks whose it is. */
export function callersFrom(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const names = (env.CALLERS ?? '').split(',').filter((name) => name !== '');
  return new Set(names);
}

/** The name in a certificate; none where it has no name or several. */
function nameIn(certificate: PeerCertificate | undefined): string | undefined {
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The certificate of a connection on which it was checked; none on any other. */
function certificateOf(socket: unknown): PeerCertificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
}

/** The name of the caller on a connection whose certificate was checked; none on any other. */
export function nameOf(socket: TLSSocket): string | undefined {
  return nameIn(certificateOf(socket));
}

/** When the certificate of a connection ends, in milliseconds since 1970. */
export function endOf(socket: TLSSocket): number {
  return Date.parse(socket.getPeerCertificate().valid_to);
}

/** The caller of a request on a connection, which is one of `callers` with a certificate that is valid now; throws a refusal. */
export function admitted(socket: unknown, callers: ReadonlySet<string>): string {
  return admittedBy(certificateOf(socket), callers);
}

/** The caller of a call that `onlyCallers` let through. */
export function callerOf(call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): string {
  const name = nameIn(call.getAuthContext().sslPeerCertificate);
  if (name === undefined) throw new Error('a call without a caller reached a handler');
  return name;
}

/** Refuses every call, of every service, whose caller is not one of `callers` with a certificate that is valid now. */
export function onlyCallers(callers: ReadonlySet<string>): ServerInterceptor {
  return (_method, call) =>
    new ServerInterceptingCall(call, {
      start(next) {
        try {
          admittedBy(call.getAuthContext().sslPeerCertificate, callers);
        } catch (error) {
          const { code, message } = asRefusal(error);
          call.sendStatus({ code, details: message, metadata: new Metadata() });
          return;
        }
        next(new ServerListenerBuilder().build());
      },
    });
}

/** A connection outlives the moment that its certificate was checked: the dates are looked at for each request. */
function admittedBy(certificate: PeerCertificate | undefined, callers: ReadonlySet<string>): string {
  const name = nameIn(certificate);
  if (certificate === undefined || name === undefined)
    throw new Refusal(status.UNAUTHENTICATED, 'no certificate');
  const now = Date.now();
  if (!(Date.parse(certificate.valid_from) <= now && now < Date.parse(certificate.valid_to))) {
    throw new Refusal(
      status.UNAUTHENTICATED,
      `the certificate of ${name} is valid from ${certificate.valid_from} to ${certificate.valid_to}: connect again with the one that is valid now`,
    );
  }
  if (!callers.has(name)) throw new Refusal(status.PERMISSION_DENIED, `${name} may not call this service`);
  return name;
}
