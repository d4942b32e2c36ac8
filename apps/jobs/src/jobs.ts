import { databaseAccess } from '../../kit/database.ts';
import { JobsServiceService } from '../../kit/generated/jobs.ts';
import { httpFace, pageFiles } from '../../kit/http-face.ts';
import { log } from '../../kit/log.ts';
import { gauge } from '../../kit/metrics.ts';
import { Reachability } from '../../kit/reachability.ts';
import { type Service, startService } from '../../kit/service.ts';
import { descriptors } from '../generated/descriptors.ts';
import { makeBoss, traceStatements } from './boss.ts';
import { Dispatcher } from './dispatcher.ts';
import { jobsDocument } from './document.ts';
import { grpcFace } from './grpc.ts';
import { JobQueue } from './job-queue.ts';
import { routes } from './routes.ts';
import { Settler } from './settler.ts';
import { Workers } from './work.ts';

/** The whole service, with the database and identity from `env`. */
export async function startJobs(options: {
  env: NodeJS.ProcessEnv;
  /** Folder of the page's files. */
  page: string;
  ports?: { mutual: number; plain: number };
}): Promise<Service> {
  const { env, page, ports } = options;
  const access = databaseAccess('jobs', env);
  const boss = await makeBoss(access).start();
  traceStatements(boss);
  const dispatcher = new Dispatcher(boss);
  await dispatcher.start();
  const database = new Reachability();
  const overseers = new Set((env.OVERSEERS ?? '').split(',').filter((name) => name !== ''));
  const queue = new JobQueue(boss, database, (name) => dispatcher.announce(name), overseers);
  const settler = new Settler(boss);
  const workers = new Workers(queue, dispatcher, settler);

  const service = await startService(
    {
      name: 'jobs',
      env,
      services: [
        {
          name: 'jobs.v1.JobsService',
          definition: JobsServiceService,
          implementation: grpcFace(queue, workers.handler),
          descriptors,
        },
      ],
      http: (callers) =>
        httpFace({ service: queue, routes, callers, files: pageFiles(page, jobsDocument()) }),
      ready: () => database.ready(() => boss.getDb().executeSql('select 1')),
      ...(ports ? { ports } : {}),
    },
    async () => {
      await settler.idle();
      await dispatcher.close();
      await boss.stop({ graceful: true, close: true, timeout: 5_000 });
      access.close();
    },
  );
  gauge('jobs_workers', 'Workers connected to this replica.', () => workers.size);
  log.info('queue', { schema: await boss.schemaVersion() });
  return {
    ...service,
    stop: (graceMs) => {
      workers.drain();
      return service.stop(graceMs);
    },
  };
}
