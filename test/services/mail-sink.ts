import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A mail as the server took it. */
interface Mail {
  to: string;
  /** With its header, as it came over the wire, soft line breaks joined (RFC 2045, section 6.7). */
  text: string;
}

/** An SMTP server that takes every mail and passes none on: as much of RFC 5321 as a client needs. */
export class MailSink {
  readonly mails: Mail[] = [];
  readonly port: number;
  #server: Server;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
  }

  static async start(): Promise<MailSink> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const sink = new MailSink(server, address.port);
    server.on('connection', (socket: Socket) => sink.#serve(socket));
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

  #serve(socket: Socket): void {
    let rest = '';
    let to = '';
    let lines: string[] | undefined;
    const answer = (text: string) => void socket.write(`${text}\r\n`);
    const command = (line: string): void => {
      if (lines !== undefined && line !== '.') {
        lines.push(line);
        return;
      }
      if (lines !== undefined) {
        this.mails.push({ to, text: lines.join('\n').replaceAll('=\n', '') });
        lines = undefined;
        answer('250 taken');
        return;
      }
      const [verb = ''] = line.toUpperCase().split(' ');
      if (verb === 'RCPT') to = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'DATA') lines = [];
      if (verb === 'QUIT') socket.end('221 bye\r\n');
      else answer(verb === 'DATA' ? '354 go on' : '250 ok');
    };
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const parts = `${rest}${chunk}`.split('\r\n');
      rest = parts.pop() ?? '';
      for (const line of parts) command(line);
    });
    answer('220 ready');
  }
}
