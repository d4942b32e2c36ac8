import { request } from 'node:http';

/** The identity that a process has in memory, by its own report. */
export interface Held {
  serial: string;
  /** Ids of the roots that it trusts, sorted. */
  roots: string[];
}

/** By folder, from the metrics at a loopback port of this machine; empty if the process reports none. */
export async function heldBy(port: number): Promise<Map<string, Held>> {
  return readHeld(await get(port, '/metrics'));
}

/** Parses Prometheus's text format: `identity_held{folder="…",serial="…",roots="…"} 1`. */
export function readHeld(metrics: string): Map<string, Held> {
  const found = new Map<string, Held>();
  for (const [, labels = ''] of metrics.matchAll(/^identity_held\{(.*)\} 1$/gm)) {
    const value = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1];
    const [folder, serial, roots] = [value('folder'), value('serial'), value('roots')];
    if (folder !== undefined && serial !== undefined && roots !== undefined) {
      found.set(folder, { serial, roots: roots.split(',').filter((id) => id !== '') });
    }
  }
  return found;
}

function get(port: number, path: string): Promise<string> {
  return new Promise((done, fail) => {
    const asked = request(
      { host: '127.0.0.1', port, path, agent: false, signal: AbortSignal.timeout(5_000) },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (part: string) => {
          text += part;
        });
        answer.on('end', () => done(answer.statusCode === 200 ? text : ''));
        answer.on('error', fail);
      },
    );
    asked.on('error', fail);
    asked.end();
  });
}
