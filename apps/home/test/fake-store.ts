import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SignalStore } from '../src/stores.ts';

/** A store of log lines, or of traces, that answers what a test says. */
export interface FakeStore extends SignalStore {
  /** Paths with their parameters that came. */
  asked: URL[];
  close(): Promise<void>;
}

/** Starts it on a free port. `answer` gets each request; a number is a status, a text is an answer of status 200. */
export async function fakeStore(
  program: string,
  answer: (asked: URL, body: string) => string | number,
): Promise<FakeStore> {
  const asked: URL[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://store');
      asked.push(url);
      const said = answer(url, body);
      response.writeHead(typeof said === 'number' ? said : 200).end(typeof said === 'number' ? '' : said);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    program,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
