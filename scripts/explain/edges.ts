import { externalDatabase } from '../../model/external.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { needsSignIn } from '../../model/people.ts';
import { publicAddresses, publicPorts } from '../../model/public-ports.ts';
import { replicaRange } from '../../model/schema/replicas.ts';
import { type DescribedEdge, fileOf, withApp, withoutField } from './described-edge.ts';
import { ownEdges } from './own-edges.ts';

/** All edges from and to an app, in the order of its description. */
export function edgesOf(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const file = fileOf(app.name);
  const change = (changed: Partial<EnvironmentApp>, name = app.name) => withApp(env, name, changed);
  return [
    ...env.apps.filter(({ name }) => name !== app.name).flatMap((caller) => callerEdges(env, app, caller)),
    ...peopleEdges(env, app),
    ...mutualEdges(env, app),
    ...(app.exposes === undefined
      ? []
      : [
          {
            title: `is exposed at ${app.hosts.join(', ')}, through the gateway${needsSignIn(app) ? ', for people who are signed in' : ''}`,
            file,
            path: ['exposes'],
            without: withoutHosts(env, app),
          },
        ]),
    ...(needsSignIn(app) && app.exposes !== undefined
      ? [
          {
            title: 'requires sign-in: the proxy `sign-in` is in front of it',
            file,
            path: ['exposes', 'signIn'],
            without: change({ exposes: { ...app.exposes, signIn: false } }),
          },
        ]
      : []),
    ...publicEdges(env, app),
    ...databaseEdges(env, app),
    ...externalEdges(env, app),
    ...ownEdges(env, app),
    ...app.uses.map((use, i) => ({
      ...describe(use),
      file,
      path: ['uses', i],
      without: change({ uses: app.uses.toSpliced(i, 1) }),
    })),
    ...(replicaRange(app.replicas).max > 1
      ? [
          {
            title:
              typeof app.replicas === 'number'
                ? `runs ${app.replicas} pods`
                : `runs ${app.replicas.min} to ${app.replicas.max} pods, by load`,
            ...(env.cluster.apps[app.name]?.replicas === undefined
              ? { file, path: ['replicas'] }
              : { file: `clusters/${env.name}/cluster.yaml`, path: ['apps', app.name, 'replicas'] }),
            without: change({ replicas: 1 }),
          },
        ]
      : []),
  ];
}

/** Its own database, with extensions and migrations. */
function databaseEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const { database } = app;
  if (database === undefined) return [];
  const file = fileOf(app.name);
  const part = (title: string, key: 'extensions' | 'migrations', without: Environment): DescribedEdge => ({
    title,
    file,
    path: ['database', key],
    without,
  });
  const { extensions, migrations } = database;
  const plain = withApp(env, app.name, { database: { ...database, extensions: [] } });
  return [
    { title: 'owns a database', file, path: ['database'], without: withoutDatabase(env, app) },
    ...(extensions.length === 0
      ? []
      : [part(`has ${extensions.join(', ')} in its database`, 'extensions', plain)]),
    ...(migrations === undefined
      ? []
      : [part('migrates the schema of its database', 'migrations', withoutMigrations(env, app))]),
  ];
}

/** An external database that replaces its own. */
function externalEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const database = externalDatabase(env.cluster, app.name);
  if (database === undefined) return [];
  return [
    {
      title: `has an external database at ${database.host}`,
      file: `clusters/${env.name}/cluster.yaml`,
      path: ['external', 'databases', app.name],
      without: withoutDatabase(env, app),
    },
  ];
}

const signalWords = { metrics: 'metrics', logs: 'log lines', traces: 'traces' } as const;

function describe(use: EnvironmentApp['uses'][number]): { title: string; reason?: string } {
  switch (use.kind) {
    case 'app':
      return { title: `calls the port '${use.port}' of '${use.app}'` };
    case 'database':
      return { title: `uses the database of '${use.of}' as ${use.as}` };
    case 'kubernetes':
      return { title: 'reads the Kubernetes API', reason: use.reason };
    case 'metrics':
    case 'logs':
    case 'traces':
      return {
        title: `queries the ${signalWords[use.kind]} of all apps and of the platform`,
        reason: use.reason,
      };
    case 'internet':
      return { title: `calls ${use.hosts.join(', ')} outside of the cluster` };
    case 'people':
      return {
        title: `verifies the tokens of signed-in people${use.manage === true ? ', and reads and deletes people' : ''}`,
      };
    case 'mail':
      return { title: "sends mail with the environment's mail server" };
    case 'secret':
      return {
        title:
          use.as === 'pull'
            ? `pulls its images by the logins in the secret '${use.name}'`
            : `reads ${use.keys.join(', ')} of the secret '${use.name}' as ${use.as}`,
      };
  }
}

function callerEdges(env: Environment, app: EnvironmentApp, caller: EnvironmentApp): DescribedEdge[] {
  return caller.uses.flatMap((use, i) => {
    const title =
      use.kind === 'app' && use.app === app.name
        ? `is called by '${caller.name}' on the port '${use.port}'`
        : use.kind === 'database' && use.of === app.name
          ? `allows '${caller.name}' to use its database as ${use.as}`
          : undefined;
    if (title === undefined) return [];
    const without = withApp(env, caller.name, { uses: caller.uses.toSpliced(i, 1) });
    return [{ title, file: fileOf(caller.name), path: ['uses', i], without }];
  });
}

function peopleEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  return Object.entries(env.cluster.people).flatMap(([person, { uses }]) => {
    const i = uses.indexOf(app.name);
    if (i === -1) return [];
    const people = { ...env.cluster.people, [person]: { uses: uses.toSpliced(i, 1) } };
    return [
      {
        title: `is called by the person '${person}' from their own machine`,
        file: `clusters/${env.name}/cluster.yaml`,
        path: ['people', person, 'uses', i],
        without: { ...env, cluster: { ...env.cluster, people } },
      },
    ];
  });
}

function mutualEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  return Object.entries(app.ports).flatMap(([name, port]) => {
    const { tls, ...plain } = port;
    if (tls !== 'mutual') return [];
    const ports = { ...app.ports, [name]: plain };
    return [
      {
        title: `requires a client certificate on the port '${name}'`,
        file: fileOf(app.name),
        path: ['ports', name, 'tls'],
        without: withApp(env, app.name, { ports }),
      },
    ];
  });
}

function withoutHosts(env: Environment, app: EnvironmentApp): Environment {
  const { exposes: _, host: __, ...rest } = app;
  return { ...env, apps: env.apps.map((each) => (each === app ? { ...rest, hosts: [] } : each)) };
}

/** Without the database, the edges to it are removed too. */
function withoutDatabase(env: Environment, app: EnvironmentApp): Environment {
  const uses = ({ uses }: EnvironmentApp) =>
    uses.filter((use) => use.kind !== 'database' || use.of !== app.name);
  const without = withoutField(env, app, 'database', 'migrationsRef');
  return {
    ...without,
    apps: without.apps.map((each) => {
      if (uses(each).length === each.uses.length && each.name !== app.name) return each;
      const logins = each.logins.filter(({ name }) => !name.startsWith('database-'));
      return { ...each, uses: uses(each), logins };
    }),
  };
}

function withoutMigrations(env: Environment, app: EnvironmentApp): Environment {
  const { migrationsRef: _, ...rest } = app;
  const { migrations: __, ...database } = { storage: '1Gi', extensions: [], ...app.database };
  return { ...env, apps: env.apps.map((each) => (each === app ? { ...rest, database } : each)) };
}

/** Each public port of an app: the Service of the nodes, and the way in through the network policy. */
function publicEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const addresses = publicAddresses(env.cluster, app);
  return publicPorts(app).map(({ name }, i) => {
    const ports = Object.entries(app.ports).map(([each, { public: number, ...closed }]) => [
      each,
      each === name || number === undefined ? closed : { ...closed, public: number },
    ]);
    return {
      title: `is reached from outside at ${addresses[i]}, past the gateway`,
      file: fileOf(app.name),
      path: ['ports', name, 'public'],
      without: withApp(env, app.name, { ports: Object.fromEntries(ports) }),
    };
  });
}
