import { Database, databaseAccess } from '../../kit/database.ts';
import { AccountsServiceService } from '../../kit/generated/accounts.ts';
import { httpFace, pageFiles } from '../../kit/http-face.ts';
import { IdentityFolder } from '../../kit/identity.ts';
import { peopleFrom } from '../../kit/person.ts';
import { required, type Service, startService } from '../../kit/service.ts';
import { descriptors } from '../generated/descriptors.ts';
import { directoryAt } from './directory.ts';
import { accountsDocument } from './document.ts';
import { grpcFace } from './grpc.ts';
import { jobQueuesFrom } from './job-queues.ts';
import { mailerFrom } from './mailer.ts';
import { Accounts } from './perform.ts';
import { Retention } from './retention.ts';
import { routes } from './routes.ts';

/** The whole service, with the identities, the database and the servers that `env` names. */
export async function startAccounts(options: {
  env: NodeJS.ProcessEnv;
  /** Folder of the page's files. */
  page: string;
  ports?: { mutual: number; plain: number };
}): Promise<Service> {
  const { env, page, ports } = options;
  const database = new Database(databaseAccess('accounts', env));
  const people = peopleFrom(env);
  const identity = new IdentityFolder(required(env, 'PEOPLE_IDENTITY_DIR'));
  const mailer = mailerFrom(env, env.MAIL_FROM ?? `no-reply@${domainOf(env)}`);
  const queues = jobQueuesFrom(env);
  const accounts = new Accounts({
    ...{ database, people, mailer, queues },
    directory: directoryAt(required(env, 'PEOPLE_DIRECTORY'), identity),
    administrators: administratorsFrom(env),
    invitations: env.INVITATIONS_URL ?? `${webOf(env)}/invitations`,
  });
  const retention = new Retention(database);
  const service = await startService(
    {
      ...{ name: 'accounts', env },
      services: [
        {
          name: 'accounts.v1.AccountsService',
          definition: AccountsServiceService,
          implementation: grpcFace(accounts),
          descriptors,
        },
      ],
      http: (callers) =>
        httpFace({ service: accounts, routes, callers, files: pageFiles(page, accountsDocument()) }),
      ready: () => database.reachable(),
      ...(ports ? { ports } : {}),
    },
    async () => {
      await retention.stop();
      mailer.close();
      queues?.close();
      people.close();
      identity.close();
      await database.close();
    },
  );
  retention.start();
  return service;
}

/** Pages of sign-in stand at accounts.DOMAIN: the issuer of tokens. */
function domainOf(env: NodeJS.ProcessEnv): string {
  return new URL(required(env, 'PEOPLE_ISSUER')).hostname.replace(/^accounts\./, '');
}

/** ADMINISTRATORS: addresses with commas between them; nobody where it is not set. */
function administratorsFrom({ ADMINISTRATORS = '' }: NodeJS.ProcessEnv): ReadonlySet<string> {
  const addresses = ADMINISTRATORS.split(',').map((address) => address.trim().toLowerCase());
  return new Set(addresses.filter((address) => address !== ''));
}

/** The web application stands at app.DOMAIN. */
function webOf(env: NodeJS.ProcessEnv): string {
  return required(env, 'PEOPLE_ISSUER').replace('//accounts.', '//app.');
}
