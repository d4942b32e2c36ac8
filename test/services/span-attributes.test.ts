import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';

it('spans carry the attributes of OTEL_RESOURCE_ATTRIBUTES, such as the name of the pod', async () => {
  const bodies: string[] = [];
  const server = createServer(async (request, response) => {
    bodies.push((await buffer(request)).toString('latin1'));
    response.end();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  const program = `const { startTracing, inSpan, SpanKind } = await import('${new URL('../../apps/kit/tracing.ts', import.meta.url)}');
const stop = startTracing('orders', process.env);
await inSpan('PlaceOrder', SpanKind.SERVER, {}, async () => {});
await stop();`;
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    OTEL_RESOURCE_ATTRIBUTES: 'k8s.pod.name=orders-new-1',
    OTEL_SERVICE_NAME: 'orders-eu',
  };
  await execa(process.execPath, ['--input-type=module', '--eval', program], { env });
  for (const text of ['PlaceOrder', 'k8s.pod.name', 'orders-new-1', 'service.name', 'orders-eu'])
    expect(bodies.join('')).toContain(text);
}, 60_000);
