import { resolve4 } from 'node:dns/promises';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import type { CertificateFolder } from './certificate-folder.ts';
import { log } from './log.ts';

/** Time-out in milliseconds of a request to another replica. */
const patience = 1_000;
const mostBytes = 64 * 1024;

export interface ReplicaAddress {
  host: string;
  port: number;
}

export interface ReplicasInput {
  /** Name that resolves to the addresses of all replicas. */
  name: string;
  /** Name in their certificates. */
  certificateName: string;
  port: number;
  credentials: CertificateFolder;
  /** Addresses of the others. Default: from DNS. */
  others?: () => Promise<ReplicaAddress[]>;
}

/** The other replicas of this program; each has its own keys and codes. */
export class OtherReplicas {
  #input: ReplicasInput;

  constructor(input: ReplicasInput) {
    this.#input = input;
  }

  /** Responses of the reachable replicas; a terminating replica is skipped. */
  async ask(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown[]> {
    const asked = await Promise.allSettled(
      (await this.#others()).map((address) => this.#call(address, method, path, body)),
    );
    return asked.flatMap((each) => {
      if (each.status === 'fulfilled') return each.value === undefined ? [] : [each.value];
      log('warn', 'another replica does not answer', { error: String(each.reason) });
      return [];
    });
  }

  async #others(): Promise<ReplicaAddress[]> {
    const { others, name, port } = this.#input;
    if (others !== undefined) return others();
    const own = Object.values(networkInterfaces()).flatMap((each) =>
      (each ?? []).map(({ address }) => address),
    );
    const all = await resolve4(name).catch((error: unknown) => {
      log('warn', 'the addresses of the replicas are unknown', { error: String(error) });
      return [];
    });
    return all.filter((address) => !own.includes(address)).map((host) => ({ host, port }));
  }

  #call({ host, port }: ReplicaAddress, method: string, path: string, body?: object): Promise<unknown> {
    const { certificateName, credentials } = this.#input;
    const text = body === undefined ? '' : JSON.stringify(body);
    const options = {
      ...{ host, port, method, path, servername: certificateName, agent: false },
      ...credentials.current,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) },
      signal: AbortSignal.timeout(patience),
    };
    return new Promise((done, fail) => {
      const asked = request(options, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size > mostBytes) asked.destroy(new Error(`an answer of more than ${mostBytes} bytes`));
          chunks.push(chunk);
        });
        response.once('error', fail);
        response.once('end', () => {
          if (response.statusCode !== 200) return done(undefined);
          try {
            done(JSON.parse(Buffer.concat(chunks).toString()));
          } catch (error) {
            fail(error);
          }
        });
      });
      asked.once('error', fail);
      asked.end(text);
    });
  }
}
