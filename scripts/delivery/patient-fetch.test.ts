import { describe, expect, it } from 'vitest';
import { patientFetch } from './patient-fetch.ts';

const url = new URL('http://registry.example.org/v2/shop/manifests/v1');

/** A server that gives these answers, one after another, and the pauses that were made. */
function server(...answers: [status: number, retryAfter?: string][]) {
  const pauses: number[] = [];
  let asked = 0;
  const ask = async () => {
    const [status, after] = answers[Math.min(asked++, answers.length - 1)] ?? [200];
    return new Response(null, { status, headers: after === undefined ? {} : { 'retry-after': after } });
  };
  const fetch = patientFetch(ask, { report: () => {}, pause: async (ms) => void pauses.push(ms) });
  return { fetch, pauses, asked: () => asked };
}

describe('a busy server is asked again', () => {
  it.each([429, 502, 503, 504])('after %d, when it said', async (status) => {
    const { fetch, pauses } = server([status, '7'], [status], [200]);
    expect((await fetch(url, {})).status).toBe(200);
    expect(pauses).toEqual([7000, 1000]);
  });

  it('at the time that it named', async () => {
    const { fetch, pauses } = server([503, new Date(Date.now() + 20_000).toUTCString()], [200]);
    expect((await fetch(url, {})).status).toBe(200);
    expect(pauses[0]).toBeGreaterThan(15_000);
  });

  it('for a minute in all requests together, then its answer is given', async () => {
    const { fetch, pauses } = server([503, '25']);
    expect((await fetch(url, {})).status).toBe(503);
    expect((await fetch(url, {})).status).toBe(503);
    expect(pauses).toEqual([25_000, 25_000]);
  });

  it('not for a body that cannot be sent twice, and not after other answers', async () => {
    const stream = server([503, '1']);
    const body = new ReadableStream();
    expect((await stream.fetch(url, { method: 'PATCH', body })).status).toBe(503);
    const missing = server([404], [200]);
    expect((await missing.fetch(url, {})).status).toBe(404);
    expect([stream.asked(), missing.asked()]).toEqual([1, 1]);
  });
});
