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

/** Names in CALLERS. The certificate is already verified; this checks its owner. */
export function callersFrom(env: NodeJS.ProcessEnv): ReadonlySet<string> {
  const names = (env.CALLERS ?? '').split(',').filter((name) => name !== '');
  return new Set(names);
}

/** The name in a certificate; undefined if it has none or several. */
function nameIn(certificate: PeerCertificate | undefined): string | undefined {
  const name: unknown = certificate?.subject?.CN;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** The verified certificate of a connection; undefined without one. */
function certificateOf(socket: unknown): PeerCertificate | undefined {
  return socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate() : undefined;
}

/** The name of the caller on a connection with a verified certificate; undefined on others. */
export function nameOf(socket: TLSSocket): string | undefined {
  return nameIn(certificateOf(socket));
}

/** Expiry of a connection's certificate, in milliseconds since 1970. */
export function endOf(socket: TLSSocket): number {
  return Date.parse(socket.getPeerCertificate().valid_to);
}

/**
 * The caller of a request on a connection, which must be in `callers` and have a currently valid certificate;
 * throws a refusal.
 */
export function admitted(socket: unknown, callers: ReadonlySet<string>): string {
  return admittedBy(certificateOf(socket), callers);
}

/** The caller of a call that `onlyCallers` accepted. */
export function callerOf(call: Pick<ServerUnaryCall<unknown, unknown>, 'getAuthContext'>): string {
  const name = nameIn(call.getAuthContext().sslPeerCertificate);
  if (name === undefined) throw new Error('a call without a caller reached a handler');
  return name;
}

/** Refuses calls of every service unless the caller is in `callers` and has a currently valid certificate. */
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

/** A connection can outlive the validity of its certificate, so each request checks the dates. */
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
