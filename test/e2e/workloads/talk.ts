import { connect } from 'node:net';

/**
 * Opens a TCP connection to a port of this machine, sends bytes, and resolves with what came back once `enough` is content with it; rejects after
 * ten seconds with what came until then.
 */
export function talk(
  port: number,
  bytes: Uint8Array | string,
  enough: (answer: Buffer) => boolean,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let answer = Buffer.alloc(0);
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(bytes));
    const end = (use: () => void) => {
      socket.destroy();
      use();
    };
    socket.setTimeout(10_000, () =>
      end(() =>
        reject(new Error(`port ${port} answered no more than ${JSON.stringify(answer.toString('latin1'))}`)),
      ),
    );
    socket.on('error', (error) => end(() => reject(error)));
    socket.on('data', (chunk) => {
      answer = Buffer.concat([answer, chunk]);
      if (enough(answer)) end(() => resolve(answer));
    });
  });
}

/** Packets of MQTT 3.1.1 (OASIS, 'MQTT Version 3.1.1'), short enough for a length of one byte. */
export const mqtt = {
  connect: (client: string) => packet(0x10, [...text('MQTT'), 4, 2, 0, 60, ...text(client)]),
  /** A message that the broker keeps for those who subscribe later. */
  keep: (topic: string, message: string) => packet(0x31, [...text(topic), ...Buffer.from(message)]),
  subscribe: (topic: string) => packet(0x82, [0, 1, ...text(topic), 0]),
};

function packet(kind: number, body: number[]): Buffer {
  return Buffer.from([kind, body.length, ...body]);
}

function text(value: string): number[] {
  const bytes = Buffer.from(value);
  return [bytes.length >> 8, bytes.length & 0xff, ...bytes];
}

/** A question of DNS for the address of a name (RFC 1035, section 4), with an id by which its answer is known. */
export function dnsQuestion(id: number, name: string): Buffer {
  const labels = name.split('.').flatMap((label) => [label.length, ...Buffer.from(label)]);
  return Buffer.from([id >> 8, id & 0xff, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, 1, 0, 1]);
}
