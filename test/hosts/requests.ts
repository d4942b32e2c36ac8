import { get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Requests in a steady row, each by a connection of its own, to one address after the other. */
export class Requests {
  private answered = 0;
  private readonly failed: string[] = [];
  private readonly stopping = new AbortController();
  private readonly row: Promise<void>;

  /** @param everyMs from the start of one to the start of the next. */
  constructor(urls: string[], everyMs = 50) {
    this.row = this.run(urls, everyMs);
  }

  /** What became of all of them. */
  async stop(): Promise<{ answered: number; failed: string[] }> {
    this.stopping.abort();
    await this.row;
    return { answered: this.answered, failed: this.failed };
  }

  private async run(urls: string[], everyMs: number): Promise<void> {
    const all: Promise<void>[] = [];
    for (let i = 0; !this.stopping.signal.aborted; i++) {
      all.push(this.one(urls[i % urls.length] ?? ''));
      await delay(everyMs);
    }
    await Promise.all(all);
  }

  private async one(url: string): Promise<void> {
    try {
      await new Promise<void>((resolve, reject) => {
        const request = get(url, { agent: false, timeout: 5_000 }, (answer) => {
          answer.resume().once('end', resolve).once('error', reject);
          if (answer.statusCode !== 200) reject(new Error(`status ${answer.statusCode}`));
        });
        request.once('timeout', () => request.destroy(new Error('no answer within 5 s')));
        request.once('error', reject);
      });
      this.answered++;
    } catch (error) {
      this.failed.push(`${new Date().toISOString()} ${url}: ${(error as Error).message}`);
    }
  }
}
