import { createServer } from 'node:http';

const key = process.env.STRIPE_KEY ?? '';

/** Which of Stripe's two worlds the key belongs to; the key itself is shown nowhere. */
const mode = key.startsWith('sk_live_') ? 'live' : key.startsWith('sk_test_') ? 'test' : 'unknown';

/** What is on the account, or why Stripe did not say. */
async function balance() {
  try {
    const answer = await fetch('https://api.stripe.com/v1/balance', {
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(10_000),
    });
    return { status: answer.status, body: await answer.json() };
  } catch (error) {
    return { status: 502, body: { error: `api.stripe.com did not answer: ${error}` } };
  }
}

createServer(async (request, response) => {
  const { status, body } = request.url === '/balance' ? await balance() : { status: 200, body: { mode } };
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}).listen(8080);
