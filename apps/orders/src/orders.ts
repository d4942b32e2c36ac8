import { clientCredentials, clientOptions } from '../../kit/client.ts';
import { Database, databaseAccess } from '../../kit/database.ts';
import { JobsServiceClient } from '../../kit/generated/jobs.ts';
import { OrdersServiceService } from '../../kit/generated/orders.ts';
import { httpFace, openApiFile } from '../../kit/http-face.ts';
import { IdentityFolder } from '../../kit/identity.ts';
import { peopleFrom } from '../../kit/person.ts';
import { required, type Service, startService } from '../../kit/service.ts';
import { descriptors } from '../generated/descriptors.ts';
import { Confirmations } from './confirmations.ts';
import { ordersDocument } from './document.ts';
import { grpcFace } from './grpc.ts';
import { OrderEvents } from './order-events.ts';
import { OrderStore } from './order-store.ts';
import { Orders } from './perform.ts';
import { routes } from './routes.ts';

/** The whole service, with identities, database and queue from `env`. */
export async function startOrders(options: {
  env: NodeJS.ProcessEnv;
  ports?: { mutual: number; plain: number };
}): Promise<Service> {
  const { env, ports } = options;
  const access = databaseAccess('orders', env);
  const database = new Database(access);
  const store = new OrderStore(database);
  const toJobs = new IdentityFolder(required(env, 'JOBS_IDENTITY_DIR'));
  const jobs = new JobsServiceClient(required(env, 'JOBS_ADDRESS'), clientCredentials(toJobs), clientOptions);
  const confirmations = new Confirmations(store, jobs);
  // Variables of the edge to people, which an environment without accounts does not set.
  const people = env.PEOPLE_KEYS === undefined ? undefined : peopleFrom(env);
  const events = new OrderEvents(store, access);
  const orders = new Orders({ store, events, confirmations, people });

  const service = await startService(
    {
      name: 'orders',
      env,
      services: [
        {
          name: 'orders.v1.OrdersService',
          definition: OrdersServiceService,
          implementation: grpcFace(orders),
          descriptors,
        },
      ],
      http: (callers) => httpFace({ service: orders, routes, callers, files: openApiFile(ordersDocument()) }),
      ready: () => database.reachable(),
      ...(ports ? { ports } : {}),
    },
    async () => {
      await confirmations.stop();
      jobs.close();
      toJobs.close();
      people?.close();
      await database.close();
    },
  );
  confirmations.start();
  events.start();
  return {
    ...service,
    stop: async (graceMs) => {
      // Streams would be waited for.
      await events.stop();
      await service.stop(graceMs);
    },
  };
}
