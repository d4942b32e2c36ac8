import { readdirSync, readFileSync } from 'node:fs';
import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { podsOf } from '../../charts/app/app-pods.ts';
import { platformRoute } from '../../charts/gateway/platform-route.ts';
import { signInRoute } from '../../charts/gateway/route.ts';
import { leafCertificate } from '../../charts/identity/certificate.ts';
import { component } from '../../charts/kube/component.ts';
import { configMap } from '../../charts/kube/config-map.ts';
import { deployment, gatewayDrain } from '../../charts/kube/deployment.ts';
import { disruptionBudget } from '../../charts/kube/disruption-budget.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import {
  annotations,
  gateway,
  namespaceOf,
  podLabels,
  routesLabel,
  trustName,
} from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOf, type Flow, pods, toDns } from '../../charts/kube/network-policy.ts';
import { nonRoot } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { type MutualIdentity, mutualIdentity } from '../../charts/observability/mutual-identity.ts';
import { allowScrapes } from '../../charts/observability/observed.ts';
import { urlOf } from '../../model/gateway.ts';
import type { Environment, EnvironmentApp } from '../../model/graph.ts';
import { authorities, clientCertificate, isAskedBySignIn } from '../../model/identity.ts';
import {
  managesPeople,
  needsSignIn,
  pagesHost,
  signInPorts,
  signInProxy,
  verifiesPeople,
} from '../../model/people.ts';
import { accountsOperator } from '../../model/schema/database.ts';
import { exposedPorts } from '../../model/schema/exposes.ts';
import type { SignInProvider } from '../../model/schema/sign-in.ts';
import { sessionCookie } from '../../model/sign-in.ts';
import { kratosPorts } from '../kratos/config.ts';
import { idleConnections } from '../kratos/variables.ts';
import type { AppConfig, SignInConfig } from './program/config.ts';

const name = signInProxy;
const folder = '/sign-in';
const podsService = `${name}-pods`;

/** The program's source files: Node strips the types, and they import only Node's own modules. */
const program = Object.fromEntries(
  readdirSync(new URL('./program/', import.meta.url))
    .filter((file) => /\.(ts|css|js)$/.test(file) && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => [file, readFileSync(new URL(`./program/${file}`, import.meta.url), 'utf8')]),
);

/** The proxy in front of all apps that need a sign-in, with the account pages; undefined if the environment has no accounts. */
export function chart(env: Environment): Component | undefined {
  const host = pagesHost(env.cluster);
  if (host === undefined) return undefined;
  const apps = env.apps.filter(needsSignIn);
  return component(name, (chart) => {
    namespace(chart, name, 'restricted', { labels: routesLabel });
    denyAll(chart, name, ['Ingress', 'Egress']);
    serviceAccount(chart, name, name);
    proxy(chart, env, apps);
    service(chart, name, name, [
      { name: 'visitors', port: signInPorts.visitors },
      { name: 'keys', port: signInPorts.keys },
    ]);
    replicasService(chart);
    platformRoute(chart, env, { name, host: host, port: signInPorts.visitors });
    for (const app of apps) if (app.exposes) signInRoute(chart, env, app, app.exposes);
    flows(chart, env, apps);
    allowScrapes(chart, env, name);
  });
}

/** Configuration of the program. */
export function proxyConfig(env: Environment): SignInConfig {
  const host = pagesHost(env.cluster) ?? '';
  const managers = env.apps.filter(managesPeople).map((app) => app.name);
  const rights = env.cluster.signIn?.rights;
  return {
    accounts: urlOf(env.cluster, host),
    kratos: kratosAt(kratosPorts.public),
    kratosConnections: idleConnections,
    ...(managers.length > 0 ? { kratosAdmin: kratosAt(kratosPorts.admin) } : {}),
    managers,
    ...(rights === undefined ? {} : { rights }),
    kratosCookie: sessionCookie(env.cluster).name,
    replicas: `${podsService}.${name}.svc.cluster.local`,
    replicaName: `${name}.${name}.svc.cluster.local`,
    providers: [...new Set(Object.values(env.cluster.signIn?.providers ?? {}).map(originOf))].sort(),
    apps: env.apps.filter(needsSignIn).map((app) => appConfig(env, app)),
  };
}

function kratosAt(port: number): string {
  return `https://${accountsOperator}.${accountsOperator}.svc.cluster.local:${port}`;
}

/** Origin of a provider's sign-in page. */
function originOf(provider: SignInProvider): string {
  switch (provider.kind) {
    case 'google':
      return 'https://accounts.google.com';
    case 'github':
      return 'https://github.com';
    case 'gitlab':
      return new URL(provider.issuer ?? 'https://gitlab.com').origin;
    case 'microsoft':
      return 'https://login.microsoftonline.com';
    case 'oidc':
      return new URL(provider.issuer).origin;
  }
}

function appConfig(env: Environment, app: EnvironmentApp): AppConfig {
  const { exposes, host = '' } = app;
  const others = app.hosts.filter((each) => each !== host);
  const paths = Object.entries({ '/': exposes?.port ?? '', ...exposes?.paths });
  return {
    name: app.name,
    origins: [host, ...others].map((each) => urlOf(env.cluster, each)),
    service: `${app.name}.${namespaceOf(app)}.svc.cluster.local`,
    paths: paths
      .sort(([a], [b]) => b.length - a.length)
      .map(([path, port]) => ({ path, ...portOfApp(app, port) })),
  };
}

function portOfApp(app: EnvironmentApp, name: string): { port: number; mutual: boolean } {
  const found = app.ports[name];
  if (found === undefined) throw new Error(`${app.name} exposes the port '${name}', which it does not have`);
  return { port: found.port, mutual: found.tls === 'mutual' };
}

function proxy(chart: Chart, env: Environment, apps: EnvironmentApp[]): void {
  const podAnnotations = configMap(chart, name, name, {
    ...program,
    'config.json': `${JSON.stringify(proxyConfig(env), null, 2)}\n`,
  });
  const own = mutualIdentity(chart, env, name);
  const ofApps = appIdentities(chart, env, apps);
  const replicas = env.cluster.production ? 2 : 1;
  deployment(chart, {
    name,
    namespace: name,
    replicas,
    update: 'rolling',
    annotations: { [annotations.reload]: 'files' },
    podAnnotations,
    drainSeconds: gatewayDrain,
    pod: {
      serviceAccountName: name,
      user: nonRoot,
      ownsVolumes: true,
      container: {
        name: 'proxy',
        image: imageRef(env, 'node'),
        command: ['node', '--max-old-space-size=96', `${folder}/main.ts`, `${folder}/config.json`],
        ports: Object.entries(signInPorts).map(([port, containerPort]) => ({ name: port, containerPort })),
        readinessProbe: httpProbe('probes', '/readyz', { period: 2, failures: 5 }),
        livenessProbe: httpProbe('probes', '/healthz'),
        resources: { cpu: '20m', memory: '96Mi', memoryLimit: '192Mi' },
        volumeMounts: [
          { name: 'config', mountPath: folder, readOnly: true },
          ...own.volumeMounts,
          ...ofApps.volumeMounts,
        ],
      },
      volumes: [{ name: 'config', configMap: { name } }, ...own.volumes, ...ofApps.volumes],
    },
  });
  if (replicas > 1) disruptionBudget(chart, name, name);
}

/** Client certificates for apps that require one, each with the roots of that app. */
function appIdentities(chart: Chart, env: Environment, apps: EnvironmentApp[]): MutualIdentity {
  const called = apps.filter(isAskedBySignIn).map((app) => clientCertificate(app.name));
  const leaves = authorities(env)
    .flatMap((authority) => authority.leaves)
    .filter((leaf) => leaf.namespace === name && called.includes(leaf.name));
  for (const leaf of leaves) leafCertificate(chart, env, leaf);
  const items = (keys: string[]) => keys.map((key) => ({ key, path: key }));
  return {
    volumes: leaves.map((leaf) => ({
      name: leaf.name,
      projected: {
        defaultMode: 0o440,
        sources: [
          { secret: { name: leaf.name, items: items(['tls.crt', 'tls.key']) } },
          { configMap: { name: trustName(leaf.authority), items: items(['roots.pem']) } },
        ],
      },
    })),
    volumeMounts: leaves.map((leaf) => ({
      name: leaf.name,
      mountPath: `/identity/${leaf.name}`,
      readOnly: true,
    })),
  };
}

/** Headless Service, by whose name each replica finds the others. */
function replicasService(chart: Chart): void {
  new k8s.KubeService(chart, `service-${podsService}`, {
    metadata: { name: podsService, namespace: name, labels: podLabels(name) },
    spec: { clusterIp: 'None', selector: podLabels(name) },
  });
}

/** Ingress: visitors through the gateway, and apps that read keys. Egress: these apps, Kratos and its own replicas. */
function flows(chart: Chart, env: Environment, apps: EnvironmentApp[]): void {
  const itself: Flow = { peers: [pods(name, name)], ports: [{ port: signInPorts.keys }] };
  const readers = env.apps.filter(verifiesPeople).flatMap(podsOf);
  allow(chart, name, name, {
    ingress: [
      { peers: [everyPodOf(gateway.namespace)], ports: [{ port: signInPorts.visitors }] },
      itself,
      ...(readers.length > 0 ? [{ peers: readers, ports: [{ port: signInPorts.keys }] }] : []),
    ],
    egress: [
      toDns,
      itself,
      {
        peers: [pods(accountsOperator, accountsOperator)],
        ports: [kratosPorts.public, ...(env.apps.some(managesPeople) ? [kratosPorts.admin] : [])].map(
          (port) => ({ port }),
        ),
      },
      ...apps.map((app) => ({
        peers: [pods(app.name, namespaceOf(app))],
        ports: app.exposes
          ? exposedPorts(app.exposes).map((port) => ({ port: portOfApp(app, port).port }))
          : [],
      })),
    ],
  });
}
