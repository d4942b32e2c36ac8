import { clientCredentials, clientOptions } from '../../kit/client.ts';
import { Database, databaseAccess } from '../../kit/database.ts';
import { JobsServiceClient } from '../../kit/generated/jobs.ts';
import { OrdersServiceService } from '../../kit/generated/orders.ts';
import { IdentityFolder } from '../../kit/identity.ts';
import { required, type Service, startService } from '../../kit/service.ts';
import { descriptors } from '../generated/descriptors.ts';
import { Confirmations } from './confirmations.ts';
import { handlers } from './handlers.ts';
import { OrderStore } from './order-store.ts';

/** The whole service, with identities, database and queue from `env`. */
export async function startOrders(options: {
  env: NodeJS.ProcessEnv;
  ports?: { mutual: number; plain: number };
}): Promise<Service> {
  const { env, ports } = options;
  const database = new Database(databaseAccess('orders', env));
  const store = new OrderStore(database);
  const toJobs = new IdentityFolder(required(env, 'JOBS_IDENTITY_DIR'));
  const jobs = new JobsServiceClient(required(env, 'JOBS_ADDRESS'), clientCredentials(toJobs), clientOptions);
  const confirmations = new Confirmations(store, jobs);

  const service = await startService(
    {
      name: 'orders',
      env,
      services: [
        {
          name: 'orders.v1.OrdersService',
          definition: OrdersServiceService,
          implementation: handlers(store, confirmations),
          descriptors,
        },
      ],
      ready: () => database.reachable(),
      ...(ports ? { ports } : {}),
    },
    async () => {
      await confirmations.stop();
      jobs.close();
      toJobs.close();
      await database.close();
    },
  );
  confirmations.start();
  return service;
}
