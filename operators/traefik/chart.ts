import type { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { acme } from '../../charts/gateway/acme.ts';
import { listenerPorts, listeners, redirectToHttps } from '../../charts/gateway/listeners.ts';
import { traefikApi } from '../../charts/gateway/middleware.ts';
import { gatewayPolicies } from '../../charts/gateway/policy.ts';
import { leafCertificate } from '../../charts/identity/certificate.ts';
import { component } from '../../charts/kube/component.ts';
import { controllerDeployment } from '../../charts/kube/controller-deployment.ts';
import { customResource } from '../../charts/kube/custom-resource.ts';
import { goMemoryLimit } from '../../charts/kube/go-memory-limit.ts';
import { ifAbsent } from '../../charts/kube/if-absent.ts';
import { imageRef } from '../../charts/kube/image.ts';
import type { Component } from '../../charts/kube/kube-object.ts';
import { annotations, gateway, middlewarePolicy, namespaceOf, routesLabel } from '../../charts/kube/names.ts';
import { namespace } from '../../charts/kube/namespace.ts';
import { allow, denyAll, everyPodOfPlatform, toKubernetesApi } from '../../charts/kube/network-policy.ts';
import { idOf } from '../../charts/kube/object-id.ts';
import type { ContainerInput } from '../../charts/kube/pod.ts';
import { httpProbe } from '../../charts/kube/probe.ts';
import { clusterRole, role } from '../../charts/kube/rbac.ts';
import { service } from '../../charts/kube/service.ts';
import { serviceAccount } from '../../charts/kube/service-account.ts';
import { allowScrapes, runs } from '../../charts/observability/observed.ts';
import { platformHosts } from '../../model/gateway-hosts.ts';
import type { Environment } from '../../model/graph.ts';
import { authorities } from '../../model/identity.ts';
import { bodyMemory, routeNamespace, usesMiddleware } from '../../model/middleware.ts';
import { needsSignIn } from '../../model/people.ts';
import { registryHasTls } from '../../model/registry.ts';
import { nodePorts } from '../../model/schema/node-ports.ts';
import { durationBounds } from '../../model/schema/objective.ts';

const name = gateway.className;
const space = gateway.namespace;
const pingPort = 8082;

/** Host name with which Traefik's probe checks that it has loaded its routes. */
const readyHost = 'ready.gateway.internal';

/** Traefik as the controller of the Gateway API: all traffic from outside passes its single Gateway. */
export function chart(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, space, 'restricted', { labels: routesLabel });
    serviceAccount(chart, name, space);
    gatewayPolicies(chart, env);
    rights(chart, env);
    controller(chart, env);
    service(chart, name, space, [
      { name: 'http', port: 80, nodePort: nodePorts.http },
      { name: 'https', port: 443, nodePort: nodePorts.https },
    ]);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, {
      ingress: [{ ports: Object.values(listenerPorts).map((port) => ({ port })) }],
      // To any pod of the platform that admits it; the pod's own policy limits the port.
      egress: [toKubernetesApi, { peers: [everyPodOfPlatform], ports: [] }],
    });
    allowScrapes(chart, env, name);
    gatewayClass(chart);
    certificate(chart, env);
    acme(chart, env);
    listeners(chart, env);
    redirectToHttps(chart, env);
    readyRoute(chart);
  });
}

/**
 * The namespaces that it watches: its own, those of the apps that it serves, and those of parts of the
 * platform with a host.
 */
function served(env: Environment): string[] {
  return [
    space,
    ...env.apps.filter((app) => app.host !== undefined && !needsSignIn(app)).map(namespaceOf),
    ...platformHosts(env.cluster).map(({ namespace }) => namespace),
  ];
}

/** Those of them with Middlewares of apps. */
function servedWithMiddleware(env: Environment): string[] {
  return [...new Set(env.apps.filter(usesMiddleware).map(routeNamespace))];
}

/** By the route of each app, with the buckets of spans: they stand in for the spans of apps that send none. */
const metrics = [
  '--metrics.prometheus.entryPoint=ping',
  '--metrics.prometheus.addRoutersLabels=true',
  '--metrics.prometheus.addServicesLabels=false',
  `--metrics.prometheus.buckets=${Object.values(durationBounds).join(',')}`,
];

function controller(chart: Chart, env: Environment): void {
  const extended = servedWithMiddleware(env);
  const bodies = memoryOfBodies(env);
  controllerDeployment(chart, {
    name,
    namespace: space,
    update: 'rolling',
    // It waits for the definitions of these kinds, and must not read them before the policy limits them.
    ...(extended.length > 0
      ? { annotations: { [annotations.after]: idOf('ValidatingAdmissionPolicyBinding', middlewarePolicy) } }
      : {}),
    pod: {
      container: {
        name,
        image: imageRef(env, 'traefik'),
        args: [
          '--global.checkNewVersion=false',
          '--global.sendAnonymousUsage=false',
          '--log.level=INFO',
          '--log.format=json',
          // On SIGTERM the probe fails first; requests are served until traffic has moved.
          ...Object.entries(listenerPorts).flatMap(([entryPoint, port]) => [
            `--entryPoints.${entryPoint}.address=:${port}`,
            `--entryPoints.${entryPoint}.transport.lifeCycle.requestAcceptGraceTimeout=5s`,
          ]),
          // A large layer of an image takes more than the minute that Traefik gives a request to arrive.
          ...(registryHasTls(env.cluster)
            ? ['--entryPoints.https.transport.respondingTimeouts.readTimeout=30m']
            : []),
          `--entryPoints.ping.address=:${pingPort}`,
          '--ping.entryPoint=ping',
          ...(runs(env, 'prometheus') ? metrics : []),
          '--providers.kubernetesGateway=true',
          // In all of them it would read all Secrets: it lists them wherever it looks, and waits until it may.
          `--providers.kubernetesGateway.namespaces=${served(env).join(',')}`,
          // Behind node ports there is no load balancer whose address a Gateway could show.
          `--providers.kubernetesGateway.statusAddress.hostname=${env.cluster.domain}`,
          ...(extended.length > 0
            ? [
                '--providers.kubernetesCRD=true',
                `--providers.kubernetesCRD.namespaces=${extended.join(',')}`,
                // Otherwise it would list all nodes.
                '--providers.kubernetesCRD.disableClusterScopeResources=true',
              ]
            : []),
        ],
        ports: [
          { name: 'http', containerPort: listenerPorts.http },
          { name: 'https', containerPort: listenerPorts.https },
          { name: 'ping', containerPort: pingPort },
        ],
        // Through a route: a new process answers pings before it has loaded any routes.
        readinessProbe: httpProbe('http', '/ping', { period: 2, host: readyHost }),
        livenessProbe: httpProbe('ping', '/ping'),
        resources: {
          cpu: '50m',
          memory: '64Mi',
          memoryLimit: `${256 + bodies.mebibytes}Mi`,
          ...(bodies.mebibytes > 0
            ? { reason: 'It holds the bodies of all open requests to apps with limits.body.' }
            : {}),
        },
        ...bodies.container,
      },
      ...(bodies.mebibytes > 0 ? { volumes: [bodiesVolume] } : {}),
    },
  });
}

/** Memory for a file in MiB, see `bodiesVolume`. */
const fileMebibytes = 8;

/**
 * Traefik holds bodies in memory, and makes a file when a body reaches its limit: for the next bytes, before it refuses them. A file has
 * no name, so the kubelet does not count it; in memory the kernel refuses what is too much.
 */
const bodiesVolume: k8s.Volume = {
  name: 'bodies',
  emptyDir: { medium: 'Memory', sizeLimit: k8s.Quantity.fromString(`${fileMebibytes}Mi`) },
};

/** What the bodies of all apps can take in the container. */
function memoryOfBodies({ apps }: Environment): { mebibytes: number; container: Partial<ContainerInput> } {
  const bytes = apps.map(bodyMemory).reduce((sum, each) => sum + each, 0);
  if (bytes === 0) return { mebibytes: 0, container: {} };
  return {
    mebibytes: Math.ceil(bytes / 2 ** 20) + fileMebibytes,
    container: {
      env: [goMemoryLimit(name)],
      volumeMounts: [{ name: bodiesVolume.name, mountPath: '/tmp' }],
    },
  };
}

/** The kinds that Traefik lists wherever it reads Middlewares, and waits for (pkg/provider/kubernetes/crd/client.go, WatchAll). */
const traefikKinds = [
  ...['ingressroutes', 'ingressroutetcps', 'ingressrouteudps', 'middlewares', 'middlewaretcps'],
  ...['serverstransports', 'serverstransporttcps', 'tlsoptions', 'tlsstores', 'traefikservices'],
];

/**
 * The rights of Traefik's documentation, in the namespaces that it serves, without the kinds of the
 * experimental channel. It serves nothing until it may list all kinds in each namespace, so these rights, and
 * missing namespaces, are part of this component, not of the apps.
 */
function rights(chart: Chart, env: Environment): void {
  const group = 'gateway.networking.k8s.io';
  const subject = { serviceAccount: name, namespace: space };
  const written = ['gateways', 'httproutes', 'grpcroutes', 'backendtlspolicies'];
  clusterRole(chart, name, subject, [
    { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
    { apiGroups: [group], resources: ['gatewayclasses'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [group], resources: ['gatewayclasses/status'], verbs: ['update'] },
  ]);
  const extended = servedWithMiddleware(env);
  for (const each of served(env)) {
    if (each !== space) namespace(chart, each, 'restricted', { annotations: ifAbsent });
    role(chart, name, each, subject, [
      { apiGroups: [''], resources: ['services', 'secrets', 'configmaps'], verbs: ['list', 'watch'] },
      { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
      { apiGroups: [group], resources: [...written, 'referencegrants'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [group], resources: written.map((kind) => `${kind}/status`), verbs: ['update'] },
      ...(extended.includes(each)
        ? [{ apiGroups: [traefikApi.group], resources: traefikKinds, verbs: ['list', 'watch'] }]
        : []),
    ]);
  }
}

/**
 * Used if this environment has an authority for the gateway; with ACME the certificate has its own issuer.
 */
function certificate(chart: Chart, env: Environment): void {
  const own = authorities(env).find(({ kind }) => kind === 'gateway');
  for (const leaf of own?.leaves ?? []) leafCertificate(chart, env, leaf);
}

function gatewayClass(chart: Chart): void {
  customResource(chart, 'gateway-class', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  });
}

function readyRoute(chart: Chart): void {
  customResource(chart, 'ready-route', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'HTTPRoute',
    metadata: { name: 'ready', namespace: space },
    spec: {
      parentRefs: [{ name: gateway.name, namespace: space, sectionName: gateway.http }],
      hostnames: [readyHost],
      rules: [{ backendRefs: [{ group: 'traefik.io', kind: 'TraefikService', name: 'ping@internal' }] }],
    },
  });
}
