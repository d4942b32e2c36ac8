import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSecureContext, TLSSocket } from 'node:tls';
import type { Pair } from './authority.ts';

/** A mail as the server took it. */
interface Mail {
  to: string;
  /** What the client gave as its login (RFC 4954, AUTH PLAIN), after STARTTLS alone; empty without. */
  login: string;
  /** With its header, as it came over the wire, soft line breaks joined (RFC 2045, section 6.7). */
  text: string;
}

/** An SMTP server that takes every mail and passes none on: as much of RFC 5321 as a client needs. */
export class MailSink {
  readonly mails: Mail[] = [];
  readonly port: number;
  #server: Server;
  readonly #secure: Pair | undefined;

  private constructor(server: Server, port: number, secure: Pair | undefined) {
    this.#server = server;
    this.#secure = secure;
    this.port = port;
  }

  /** `secure`: the certificate for STARTTLS, after which it takes a login. Default: neither. */
  static async start(secure?: Pair): Promise<MailSink> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const sink = new MailSink(server, address.port, secure);
    server.on('connection', (socket: Socket) => sink.#serve(socket, '220 ready'));
    return sink;
  }

  /** The first match of the newest mail to somebody that has one; it waits up to 20 s for mail that was not there before. */
  async found(to: string, pattern: RegExp, seen = 0): Promise<string> {
    for (const end = Date.now() + 20_000; Date.now() < end; await sleep(100)) {
      const match = this.to(to)
        .slice(seen)
        .flatMap(({ text }) => pattern.exec(text)?.[1] ?? [])
        .at(-1);
      if (match !== undefined) return match;
    }
    throw new Error(`no mail to ${to} with ${pattern}; there are ${JSON.stringify(this.mails)}`);
  }

  to(address: string): Mail[] {
    return this.mails.filter((mail) => mail.to === address);
  }

  stop(): void {
    this.#server.close();
  }

  /** `greeting` is empty after STARTTLS (RFC 3207). */
  #serve(socket: Socket, greeting: string): void {
    let rest = '';
    let to = '';
    let login = '';
    let lines: string[] | undefined;
    const isSecure = socket instanceof TLSSocket;
    const answer = (text: string) => void socket.write(`${text}\r\n`);
    const command = (line: string): void => {
      if (lines !== undefined && line !== '.') {
        lines.push(line);
        return;
      }
      if (lines !== undefined) {
        this.mails.push({ to, login, text: lines.join('\n').replaceAll('=\n', '') });
        lines = undefined;
        answer('250 taken');
        return;
      }
      const [verb = ''] = line.toUpperCase().split(' ');
      if (verb === 'STARTTLS') this.#startTls(socket);
      if (verb === 'AUTH' && isSecure) login = Buffer.from(line.split(' ')[2] ?? '', 'base64').toString();
      if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'DATA') lines = [];
      if (verb === 'QUIT') socket.end('221 bye\r\n');
      else answer(this.#reply(verb, isSecure));
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const parts = `${rest}${chunk}`.split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) command(line);
    });
    if (greeting !== '') answer(greeting);
  }

  #startTls(socket: Socket): void {
    if (this.#secure === undefined) return;
    socket.removeAllListeners('data');
    const secureContext = createSecureContext(this.#secure);
    // The answer to STARTTLS goes out first, in the clear.
    setImmediate(() => this.#serve(new TLSSocket(socket, { isServer: true, secureContext }), ''));
  }

  #reply(verb: string, isSecure: boolean): string {
    if (verb === 'DATA') return '354 go on';
    if (verb === 'STARTTLS') return '220 go on';
    if (verb === 'AUTH') return isSecure ? '235 welcome' : '538 in the clear';
    if (verb !== 'EHLO' || this.#secure === undefined) return '250 ok';
    return isSecure ? '250-here\r\n250 AUTH PLAIN' : '250-here\r\n250 STARTTLS';
  }
}
