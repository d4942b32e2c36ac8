import { connect as connectTls } from 'node:tls';
import { credentials, status } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ask } from '../../apps/kit/client.ts';
import {
  HealthClient,
  HealthCheckResponse_ServingStatus as Serving,
} from '../../apps/kit/generated/health.ts';
import { OrdersServiceClient } from '../../apps/kit/generated/orders.ts';
import {
  ServerReflectionClient,
  type ServerReflectionResponse,
} from '../../apps/kit/generated/reflection.ts';
import { TestAuthority } from './authority.ts';
import { scratch, writeIdentity } from './identity-folder.ts';
import { connect, identity, type Running, runJobs, runOrders } from './world.ts';

let jobs: Running;
let orders: Running;

const list = { customer: '', pageSize: 1, pageToken: '' };
/** A client that does not wait for a connection that never comes. */
const impatient = { 'grpc.service_config': '{}' };

beforeAll(async () => {
  jobs = await runJobs('jobs-of-callers', ['orders']);
  orders = await runOrders('orders-callers', ['home', 'person:me'], jobs);
});

afterAll(async () => {
  await orders?.service.stop();
  await jobs?.service.stop();
});

/** The result of a call with a certificate: OK, or the reason. */
async function outcome(folder: string): Promise<string> {
  const client = connect(OrdersServiceClient, orders.address, folder, impatient);
  try {
    await ask(client, client.listOrders, list);
    return 'OK';
  } catch (error) {
    const { code, details } = error as { code: status; details: string };
    return `${status[code]} ${details}`;
  } finally {
    client.close();
  }
}

/** A certificate that is shown to a server whose roots are trusted all the same. */
async function shown(wanted: Parameters<TestAuthority['issue']>[0], from: TestAuthority): Promise<string> {
  const folder = scratch();
  writeIdentity(folder, await from.issue(wanted), orders.authority.roots);
  return folder;
}

describe('a caller', () => {
  it.each(['home', 'person:me'])('is accepted if it is listed: %s', async (name) => {
    expect(await outcome(await identity(orders.authority, name))).toBe('OK');
  });

  it('is refused with the reason if it is not listed', async () => {
    expect(await outcome(await identity(orders.authority, 'jobs'))).toBe(
      'PERMISSION_DENIED jobs may not call this service',
    );
  });

  it('is refused if its certificate has no name', async () => {
    expect(await outcome(await shown({ commonName: '' }, orders.authority))).toMatch(/^UNAUTHENTICATED/);
  });

  it.each(['home', 'person:me'])(
    'with the right name from the wrong authority gets no connection: %s',
    async (name) => {
      expect(await outcome(await shown({ commonName: name }, jobs.authority))).toMatch(/^UNAVAILABLE/);
      // Another root of the same name is another authority too.
      expect(await outcome(await shown({ commonName: name }, await TestAuthority.make('orders')))).toMatch(
        /^UNAVAILABLE/,
      );
    },
  );

  it('gets no connection with an expired certificate', async () => {
    expect(await outcome(await shown({ commonName: 'home', seconds: -10 }, orders.authority))).toMatch(
      /^UNAVAILABLE/,
    );
  });

  it('gets no connection with a server certificate', async () => {
    const wanted = { commonName: 'home', dnsNames: ['home'] };
    expect(await outcome(await shown(wanted, orders.authority))).toMatch(/^UNAVAILABLE/);
  });

  it('gets no connection without a certificate', async () => {
    const client = new OrdersServiceClient(
      orders.address,
      credentials.createSsl(Buffer.from(orders.authority.roots)),
      impatient,
    );
    await expect(ask(client, client.listOrders, list)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    client.close();
  });

  it('gets no connection without TLS', async () => {
    const client = new OrdersServiceClient(orders.address, credentials.createInsecure(), impatient);
    await expect(ask(client, client.listOrders, list)).rejects.toMatchObject({ code: status.UNAVAILABLE });
    client.close();
  });

  it('sends no call to a server that it does not trust', async () => {
    const folder = scratch();
    writeIdentity(folder, await orders.authority.issue({ commonName: 'home' }), jobs.authority.roots);
    expect(await outcome(folder)).toMatch(/^UNAVAILABLE.*certificate/);
  });

  it('gets no connection with an older TLS version', async () => {
    const { cert, key } = await orders.authority.issue({ commonName: 'home' });
    const refused = new Promise((_, fail) => {
      const socket = connectTls({
        ...{ host: 'localhost', port: orders.service.port, cert, key, ca: orders.authority.roots },
        ...{ maxVersion: 'TLSv1.2', ALPNProtocols: ['h2'] },
      });
      socket.on('error', fail);
    });
    await expect(refused).rejects.toThrow(/protocol version|alert/);
  });
});

describe('the standard services of every gRPC server', () => {
  it('health reports SERVING to callers only', async () => {
    const health = connect(HealthClient, orders.address, await identity(orders.authority, 'home'));
    for (const service of ['', 'orders.v1.OrdersService']) {
      expect(await ask(health, health.check, { service })).toEqual({ status: Serving.SERVING });
    }
    await expect(ask(health, health.check, { service: 'x' })).rejects.toMatchObject({
      code: status.NOT_FOUND,
    });
    health.close();
    const stranger = connect(HealthClient, orders.address, await identity(orders.authority, 'jobs'));
    await expect(ask(stranger, stranger.check, { service: '' })).rejects.toMatchObject({
      code: status.PERMISSION_DENIED,
    });
    stranger.close();
  });

  it('reflection describes the contract', async () => {
    const client = connect(ServerReflectionClient, orders.address, await identity(orders.authority, 'home'));
    const answer = (messageRequest: { $case: 'listServices' | 'fileContainingSymbol'; value: string }) =>
      new Promise<ServerReflectionResponse['messageResponse']>((done, fail) => {
        const call = client.serverReflectionInfo();
        call.on('data', (response: ServerReflectionResponse) => {
          done(response.messageResponse);
          call.end();
        });
        call.on('error', fail);
        call.write({ host: '', messageRequest });
      });
    expect(await answer({ $case: 'listServices', value: '' })).toEqual({
      $case: 'listServicesResponse',
      value: {
        service: [
          { name: 'grpc.health.v1.Health' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
          { name: 'orders.v1.OrdersService' },
        ],
      },
    });
    expect(
      await answer({ $case: 'fileContainingSymbol', value: 'orders.v1.OrdersService.PlaceOrder' }),
    ).toMatchObject({
      $case: 'fileDescriptorResponse',
    });
    expect(await answer({ $case: 'fileContainingSymbol', value: 'orders.v1.Nothing' })).toMatchObject({
      $case: 'errorResponse',
    });
    client.close();
  });
});

describe('the plain port', () => {
  const get = (path: string) => fetch(`http://localhost:${orders.service.plainPort}${path}`);

  it('serves probes and metrics, and nothing else', async () => {
    expect((await get('/healthz')).status).toBe(200);
    expect((await get('/readyz')).status).toBe(200);
    expect((await get('/v1/queues')).status).toBe(404);
    const metrics = await (await get('/metrics')).text();
    expect(metrics).toMatch(
      /grpc_server_handling_seconds_count\{.*grpc_method="ListOrders",grpc_code="OK"\} [1-9]/,
    );
    expect(metrics).toMatch(/identity_expires_timestamp_seconds\{folder=".+"\} \d/);
    expect(metrics).toMatch(/database_query_seconds_count\{query="list orders",outcome="ok"\} [1-9]/);
  });
});
