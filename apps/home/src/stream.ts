import type { ServerResponse } from 'node:http';
import { type Section, sections } from './sections/sections.ts';
import type { State } from './state.ts';
import { spoken, title } from './title.ts';

/** The open pages, which get each change at once. */
export interface Stream {
  /**
   * Keeps the response open and sends sections that the page does not have; `have` comes from the page:
   * `verdict.VERSION,apps.VERSION`.
   */
  join(response: ServerResponse, state: State, have: string): void;
  /** Sends new sections to each page. */
  send(state: State): void;
  close(): void;
}

/** Maximum number of open pages; more come from a program that does not close connections. */
const most = 500;

/** Maximum bytes that wait for a slow page; then its connection is closed, and it connects again. */
const backlog = 1_000_000;

/** Versions of the sections that a page has. */
type Known = Map<string, string>;

/** Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export function stream(build: string): Stream {
  const pages = new Map<ServerResponse, Known>();

  // Proxies close silent connections.
  const heartbeat = setInterval(() => {
    for (const page of pages.keys()) page.write(':\n\n');
  }, 20_000);
  heartbeat.unref();

  return {
    join(response, state, have) {
      if (pages.size >= most) {
        response.writeHead(503, { 'retry-after': '10' }).end('too many open pages\n');
        return;
      }
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      const known = parseKnown(have);
      response.write(`retry: 1000\nevent: build\ndata: ${build}\n\n${news(state, sections(state), known)}`);
      pages.set(response, known);
      response.on('close', () => pages.delete(response));
    },
    send(state) {
      const all = sections(state);
      for (const [page, known] of pages) {
        if (page.writableLength > backlog) page.destroy();
        else page.write(news(state, all, known));
      }
    },
    close() {
      clearInterval(heartbeat);
      for (const page of pages.keys()) page.end();
    },
  };
}

function parseKnown(have: string): Known {
  const pairs = have.split(',').map((pair) => pair.split('.'));
  return new Map(pairs.map(([id = '', version = '']) => [id, version]));
}

/**
 * The event with the sections that the page does not have, which are then marked as known; empty if there are
 * none.
 */
function news(state: State, all: Section[], known: Known): string {
  const changed = all.filter(({ id, version }) => known.get(id) !== version);
  if (changed.length === 0) return '';
  for (const { id, version } of changed) known.set(id, version);
  const data = {
    title: title(state),
    news: spoken(state),
    sections: changed.map(({ id, version, contents }) => ({ id, version, contents: contents.text })),
  };
  return `event: state\ndata: ${JSON.stringify(data)}\n\n`;
}
