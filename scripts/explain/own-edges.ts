import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { type DescribedEdge, fileOf, withApp, withoutField } from './described-edge.ts';

/** Statements of an app about its own pods. */
export function ownEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  return [
    ...processEdges(env, app),
    ...storageEdges(env, app),
    ...besideEdges(env, app),
    ...runEdges(env, app),
    ...watchedEdges(env, app),
    ...statement(
      app,
      app.identity !== undefined,
      'reads renewed certificates again by itself',
      'identity',
      () => withoutField(env, app, 'identity'),
    ),
    ...statement(app, app.extra.length > 0, `brings the objects of ${app.extra.join(', ')}`, 'extra', () =>
      withApp(env, app.name, { extra: [], extraObjects: [] }),
    ),
  ];
}

/** A statement with one key of app.ts, if the app makes it. */
function statement(
  app: EnvironmentApp,
  is: boolean,
  title: string,
  key: keyof EnvironmentApp,
  without: () => Environment,
): DescribedEdge[] {
  return is ? [{ title, file: fileOf(app.name), path: [key], without: without() }] : [];
}

/** Files, space and volumes. */
function storageEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const paths = app.fileContents.map(({ path }) => path);
  const temporary = Object.keys(app.temporary);
  return [
    ...Object.entries(app.volumes).map(([name, { per, size }]): DescribedEdge => {
      const { [name]: _, ...volumes } = app.volumes;
      return {
        title: `has a volume '${name}' of ${size}${per === 'replica' ? ' for each pod' : ''}`,
        file: fileOf(app.name),
        path: ['volumes', name],
        without: withApp(env, app.name, { volumes }),
      };
    }),
    ...statement(app, paths.length > 0, `mounts ${paths.join(', ')}`, 'files', () =>
      withApp(env, app.name, { files: {}, fileContents: [] }),
    ),
    ...statement(
      app,
      temporary.length > 0,
      `has temporary space at ${temporary.join(', ')}`,
      'temporary',
      () => withApp(env, app.name, { temporary: {} }),
    ),
  ];
}

/** What runs before and beside the process. */
function besideEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const names = (all: readonly { name: string }[]) => all.map(({ name }) => name).join(', ');
  return [
    ...statement(app, app.job !== undefined, 'runs a job before each new version starts', 'job', () =>
      withoutField(env, app, 'job'),
    ),
    ...statement(app, app.init.length > 0, `runs ${names(app.init)} before its pods start`, 'init', () =>
      withApp(env, app.name, { init: [] }),
    ),
    ...statement(app, app.sidecars.length > 0, `runs ${names(app.sidecars)} beside it`, 'sidecars', () =>
      withApp(env, app.name, { sidecars: [] }),
    ),
  ];
}

/** When and where its pods run, and how they are replaced. */
function runEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const { schedule, rollout, priority } = app;
  return [
    ...statement(
      app,
      schedule !== undefined,
      `runs at '${schedule?.cron}', ${schedule?.timeZone}`,
      'schedule',
      () => withoutField(env, app, 'schedule'),
    ),
    ...statement(
      app,
      rollout !== undefined,
      `watches each new pod for ${rollout?.watch} before it replaces the next one`,
      'rollout',
      () => withoutField(env, app, 'rollout'),
    ),
    ...nodesEdge(env, app),
    ...statement(app, priority !== undefined, `has the priority ${priority}`, 'priority', () =>
      withoutField(env, app, 'priority'),
    ),
  ];
}

/** What observability reads of it. */
function watchedEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const { metrics, objective } = app;
  return [
    ...statement(
      app,
      metrics !== undefined,
      `has metrics at ${metrics?.path} of the port '${metrics?.port}'`,
      'metrics',
      () => withoutField(env, app, 'metrics'),
    ),
    ...statement(
      app,
      objective !== undefined,
      `answers ${objective?.success} % of requests within ${objective?.within}, or alerts`,
      'objective',
      () => withoutField(env, app, 'objective'),
    ),
  ];
}

/** Statements of an app about its process. */
function processEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const file = fileOf(app.name);
  const field = (key: 'command' | 'args' | 'user' | 'readOnlyRoot' | 'capabilities', title: string) =>
    app[key] === undefined ? [] : [{ title, file, path: [key], without: withoutField(env, app, key) }];
  const probes = Object.keys(app.probes);
  return [
    ...field('command', `starts ${app.command?.join(' ')}`),
    ...field('args', `starts with the arguments ${app.args?.join(' ')}`),
    ...variableEdges(env, app),
    ...field('user', `runs as the user ${app.user}`),
    ...field('readOnlyRoot', `${app.readOnlyRoot ? 'may not' : 'may'} write to the files of its image`),
    ...field('capabilities', `keeps ${app.capabilities?.join(', ')}`),
    ...(probes.length === 0
      ? []
      : [
          {
            title: `has probes: ${probes.join(', ')}`,
            file,
            path: ['probes'],
            without: withApp(env, app.name, { probes: {} }),
          },
        ]),
  ];
}

/** The variables of app.ts, and those that cluster.yaml adds or replaces. */
function variableEdges(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  const replaced = Object.keys(env.cluster.apps[app.name]?.env ?? {});
  const written = Object.keys(app.env).filter((name) => !replaced.includes(name));
  const edge = (names: string[], place: Pick<DescribedEdge, 'file' | 'path'>): DescribedEdge[] => {
    if (names.length === 0) return [];
    const kept = Object.entries(app.env).filter(([name]) => !names.includes(name));
    const without = withApp(env, app.name, { env: Object.fromEntries(kept) });
    return [{ title: `has ${names.join(', ')} in its environment`, ...place, without }];
  };
  return [
    ...edge(written, { file: fileOf(app.name), path: ['env'] }),
    ...edge(replaced, { file: `clusters/${env.name}/cluster.yaml`, path: ['apps', app.name, 'env'] }),
  ];
}

function nodesEdge(env: Environment, app: EnvironmentApp): DescribedEdge[] {
  if (app.nodes === undefined) return [];
  const { labels, tolerate, spread, gpus } = app.nodes;
  const parts = [
    ...Object.entries(labels).map(([key, value]) => `with ${key}: ${value}`),
    ...tolerate.map((key) => `with the taint ${key}`),
    ...Object.entries(gpus).map(([name, count]) => `with ${count} ${name} for each pod`),
    ...(spread === undefined ? [] : [`spread over ${spread.over ?? 'the nodes'}`]),
  ];
  if (parts.length === 0) return [];
  const inCluster = env.cluster.apps[app.name]?.nodes !== undefined;
  return [
    {
      title: `runs on nodes ${parts.join(', ')}`,
      file: inCluster ? `clusters/${env.name}/cluster.yaml` : fileOf(app.name),
      path: inCluster ? ['apps', app.name, 'nodes'] : ['nodes'],
      without: withoutField(env, app, 'nodes'),
    },
  ];
}
