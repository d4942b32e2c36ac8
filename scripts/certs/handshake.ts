import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as startTls } from 'node:tls';
import { serialOf } from '../../apps/kit/pem.ts';

/** What a server shows on the wire. */
export interface ShownCertificate {
  serial: string;
  notAfter: Date;
  /** The CN of the CA that signed it. */
  issuer: string;
}

/** PostgreSQL, 'SSL Session Encryption': so a client asks for TLS before its first message. */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Shakes hands with a server at a port of this machine's loopback, as `host` where it serves several, and looks at its certificate. Nothing is trusted by
 * it and nothing said: the connection ends before the server asks who is calling.
 */
export async function handshake(
  port: number,
  protocol: 'tls' | 'postgres',
  { host, timeoutMs = 5_000 }: { host?: string; timeoutMs?: number } = {},
): Promise<ShownCertificate> {
  const signal = AbortSignal.timeout(timeoutMs);
  const socket = connect(port, '127.0.0.1');
  const late = () => socket.destroy(new Error(`no handshake within ${timeoutMs / 1000} s`));
  signal.addEventListener('abort', late);
  try {
    await once(socket, 'connect');
    if (protocol === 'postgres') {
      socket.write(sslRequest);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      if (answer.toString() !== 'S') throw new Error('Postgres offers no TLS');
    }
    // The caller checks the certificate by its serial number.
    const tls = startTls({
      socket,
      rejectUnauthorized: false,
      ...(host === undefined ? {} : { servername: host }),
    });
    tls.on('error', () => {}); // a server that wants to know who calls hangs up after the handshake
    await Promise.race([once(tls, 'secureConnect'), failed(socket)]);
    const certificate = tls.getPeerX509Certificate();
    if (certificate === undefined) throw new Error('the server showed no certificate');
    return {
      serial: serialOf(certificate),
      notAfter: certificate.validToDate,
      issuer: /^CN=(.*)$/m.exec(certificate.issuer)?.[1] ?? certificate.issuer,
    };
  } finally {
    signal.removeEventListener('abort', late);
    socket.destroy();
  }
}

async function failed(socket: ReturnType<typeof connect>): Promise<never> {
  await once(socket, 'close');
  throw new Error('the server hung up before it showed a certificate');
}
