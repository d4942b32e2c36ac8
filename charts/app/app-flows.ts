import type { App } from '../../model/app.ts';
import { externalDatabase } from '../../model/external.ts';
import type { Environment } from '../../model/graph.ts';
import { needsSignIn, signInPorts, signInProxy, verifiesPeople } from '../../model/people.ts';
import { publicPorts } from '../../model/public-ports.ts';
import { databaseUse } from '../../model/schema/database.ts';
import { exposedPorts } from '../../model/schema/exposes.ts';
import { replicaRange } from '../../model/schema/replicas.ts';
import { hasReplicaVolumes } from '../../model/schema/volume.ts';
import { toDatabase } from '../database/database.ts';
import { gateway, namespaceOf } from '../kube/names.ts';
import { everyPodOf, type Flow, pods, toDns, toKubernetesApi } from '../kube/network-policy.ts';
import { fromPrometheus } from '../observability/observed.ts';
import { toSignals } from '../observability/signal-use.ts';
import { toCollector } from '../observability/telemetry.ts';
import { podsOf } from './app-pods.ts';
import { transport } from './containers.ts';
import { toExternal } from './external.ts';
import { toInternet } from './internet.ts';

type Use<Kind extends App['uses'][number]['kind']> = Extract<App['uses'][number], { kind: Kind }>;

/** Flows to an app: from callers, Prometheus, its own replicas and visitors. */
export function ingress(env: Environment, app: App): Flow[] {
  const callers: Flow[] = env.apps.flatMap((caller) =>
    appUses(caller)
      .filter((use) => use.app === app.name)
      .map((use) => ({ peers: podsOf(caller), ports: [flowPort(app, use.port)] })),
  );
  if (app.metrics) callers.push(...fromPrometheus(env, [portNumber(app, app.metrics.port)]));
  const open = publicPorts(app).map(({ name }) => flowPort(app, name));
  const visited: Flow[] = open.length > 0 ? [{ ports: open }] : [];
  const within = [...callers, ...amongReplicas(app), ...visited];
  if (!app.exposes) return within;
  const ports = exposedPorts(app.exposes).map((name) => ({ port: portNumber(app, name) }));
  const visitors = needsSignIn(app) ? pods(signInProxy, signInProxy) : everyPodOf(gateway.namespace);
  return [{ peers: [visitors], ports }, ...within];
}

/** Flows between the replicas of a StatefulSet, so that they can form a cluster. */
export function amongReplicas(app: App): Flow[] {
  const ports = Object.keys(app.ports).map((name) => flowPort(app, name));
  if (!hasReplicaVolumes(app) || replicaRange(app.replicas).max < 2 || ports.length === 0) return [];
  return [{ peers: [pods(app.name, namespaceOf(app))], ports }];
}

/** Flows from an app to everything that it uses. */
export function egress(env: Environment, app: App): Flow[] {
  const used = appUses(app).map((use) => {
    const target = env.apps.find((other) => other.name === use.app);
    if (!target) throw new Error(`${app.name} uses ${use.app}, which does not run in ${env.name}`);
    return {
      peers: [pods(target.name, namespaceOf(target))],
      ports: [flowPort(target, use.port)],
    };
  });
  const use = databaseUse(app);
  const database = use && externalDatabase(env.cluster, use.of) === undefined ? [toDatabase(use.of)] : [];
  return [
    toDns,
    ...used,
    ...database,
    ...(verifiesPeople(app) ? [toPeopleKeys] : []),
    ...toExternal(env, app),
    ...toInternet(app),
    ...toCollector(env),
    ...toSignals(env, app),
  ];
}

/** Flow to the keys that verify the tokens of people. */
const toPeopleKeys: Flow = {
  peers: [pods(signInProxy, signInProxy)],
  ports: [{ port: signInPorts.keys }],
};

/** Flow of the app's own pods alone: a job has no token. */
export function kubernetesFlows(app: App): Flow[] {
  return kubernetesUses(app).length > 0 ? [toKubernetesApi] : [];
}

function flowPort(app: App, name: string): Flow['ports'][number] {
  const port = app.ports[name];
  return { port: portNumber(app, name), ...(port === undefined ? {} : transport(port)) };
}

/** Number of a port of an app, by name. Throws if the app does not have it. */
export function portNumber(app: App, name: string): number {
  const port = app.ports[name];
  if (port) return port.port;
  throw new Error(`${app.name} has no port '${name}': it has ${Object.keys(app.ports).join(', ') || 'none'}`);
}

function appUses(app: App): Use<'app'>[] {
  return app.uses.filter((use) => use.kind === 'app');
}

/** The app's edges to the Kubernetes API. */
export function kubernetesUses(app: App): Use<'kubernetes'>[] {
  return app.uses.filter((use) => use.kind === 'kubernetes');
}
