import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';

const program = `
import { inSpan, SpanKind, startTracing } from ${JSON.stringify(join(import.meta.dirname, '../../apps/kit/tracing.ts'))};
const end = startTracing('tested', process.env);
await inSpan('outer', SpanKind.SERVER, {}, () => inSpan('inner', SpanKind.CLIENT, {}, async () => {}));
await end();
`;

/** What a collector gets from a process with these variables. */
async function received(variables: (endpoint: string) => Record<string, string>) {
  const bodies: { url: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    bodies.push({ url: request.url ?? '', body: Buffer.concat(chunks).toString('latin1') });
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    await execa(process.execPath, ['--input-type=module', '-'], { input: program, env: variables(endpoint) });
  } finally {
    server.close();
  }
  return bodies;
}

it('traces go where the endpoint says', async () => {
  const bodies = await received((endpoint) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }));
  expect(bodies.map(({ url }) => url)).toEqual(['/v1/traces']);
  for (const text of ['outer', 'inner', 'service.name', 'tested']) expect(bodies[0]?.body).toContain(text);
});

it('no endpoint, no trace', async () => {
  expect(await received(() => ({}))).toEqual([]);
});
