import { once } from 'node:events';
import { connect } from 'node:net';
import { connect as startTls } from 'node:tls';
import { serialOf } from '../../apps/kit/pem.ts';

/** A certificate that a server presents. */
export interface ShownCertificate {
  serial: string;
  notAfter: Date;
  /** The CN of the CA that signed it. */
  issuer: string;
}

/**
 * The request for TLS that a client sends before its first message (PostgreSQL, 'SSL Session Encryption').
 */
const sslRequest = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

/**
 * Performs a TLS handshake with a server at a loopback port, with `host` as server name, and returns its
 * certificate. It verifies nothing and sends nothing: the connection ends before the server requires a client
 * certificate.
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
      if (answer.toString() !== 'S') throw new Error('PostgreSQL does not offer TLS');
    }
    // The caller checks the certificate by its serial number.
    const tls = startTls({
      socket,
      rejectUnauthorized: false,
      ...(host === undefined ? {} : { servername: host }),
    });
    tls.on('error', () => {}); // a server that requires a client certificate closes the connection after the handshake
    await Promise.race([once(tls, 'secureConnect'), failed(socket)]);
    const certificate = tls.getPeerX509Certificate();
    if (certificate === undefined) throw new Error('the server presented no certificate');
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
  throw new Error('the server closed the connection before it presented a certificate');
}
