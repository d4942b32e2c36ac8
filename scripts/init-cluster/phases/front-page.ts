import { request } from 'node:http';
import { Failure } from '../../cli/failure.ts';
import type { Phase, Report } from '../../cli/phases.ts';
import type { WithEngine } from '../given.ts';
import { type AppUrl, urls } from '../urls.ts';

/** Waits until every app that is exposed answers through the gateway. */
export const frontPage: Phase<WithEngine> = {
  title: 'Front page answers',
  run: async ({ environment, signal }, report) => {
    for (const url of urls(environment)) await answers(url, report, signal);
    return { result: {} };
  },
};

/** Waits until the gateway hands a request for that host on to an app that answers well. */
async function answers({ url, host, port }: AppUrl, report: Report, signal: AbortSignal): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (let said = 'nothing'; ; said = await status(host, port)) {
    if (said === '200') return;
    signal.throwIfAborted();
    if (Date.now() > deadline) {
      throw new Failure(
        `${url} answers ${said} after 60 s, not 200.`,
        'See what is wrong with: npm run status',
      );
    }
    if (said !== 'nothing') {
      report(`${url}: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

function status(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const call = request({ host: '127.0.0.1', port, headers: { host }, timeout: 5_000 }, (response) => {
      response.resume();
      resolve(String(response.statusCode));
    });
    call.on('timeout', () => call.destroy(new Error('no answer within 5 s')));
    call.on('error', (error) => resolve(error.message));
    call.end();
  });
}
