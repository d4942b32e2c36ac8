import { ApiObject, type Chart } from 'cdk8s';
import type { Environment } from '../model/graph.ts';
import { nodePorts } from '../model/node-ports.ts';
import { component } from './component.ts';
import { controllerDeployment } from './controller-deployment.ts';
import { imageRef } from './image.ts';
import type { Component } from './kube-object.ts';
import { gateway } from './names.ts';
import { namespace } from './namespace.ts';
import { allow, denyAll, everyPodOfPlatform, toKubernetesApi } from './network-policy.ts';
import { httpProbe } from './probe.ts';
import { clusterRole } from './rbac.ts';
import { service } from './service.ts';
import { serviceAccount } from './service-account.ts';

const name = 'traefik';
const space = gateway.namespace;
/** A Gateway's listener must have the port of an entry point of Traefik, which is the port in the pod. */
const httpPort = 8000;
const pingPort = 8082;

/** Traefik as the controller of the Gateway API: everything from outside comes through its one Gateway. */
export function traefik(env: Environment): Component {
  return component(name, (chart) => {
    namespace(chart, space, 'restricted');
    serviceAccount(chart, name, space);
    rights(chart);
    controller(chart, env);
    service(chart, name, space, [{ name: 'http', port: 80, nodePort: nodePorts.http }]);
    denyAll(chart, space, ['Ingress', 'Egress']);
    allow(chart, name, space, {
      ingress: [{ ports: [{ port: httpPort }] }],
      // To whichever pod of the platform lets it in: the pod's own policy says on which port.
      egress: [toKubernetesApi, { peers: [everyPodOfPlatform], ports: [] }],
    });
    gatewayClass(chart);
    listeners(chart);
  });
}

function controller(chart: Chart, env: Environment): void {
  controllerDeployment(chart, {
    name,
    namespace: space,
    update: 'rolling',
    pod: {
      container: {
        name,
        image: imageRef(env, 'traefik'),
        args: [
          '--global.checkNewVersion=false',
          '--global.sendAnonymousUsage=false',
          '--log.level=INFO',
          '--log.format=json',
          `--entryPoints.http.address=:${httpPort}`,
          // When told to stop it fails the probe first and goes on serving until traffic has moved on.
          '--entryPoints.http.transport.lifeCycle.requestAcceptGraceTimeout=5s',
          `--entryPoints.ping.address=:${pingPort}`,
          '--ping.entryPoint=ping',
          '--providers.kubernetesGateway=true',
          // Behind node ports there is no load balancer whose address a Gateway could show.
          `--providers.kubernetesGateway.statusAddress.hostname=${env.cluster.domain}`,
        ],
        ports: [
          { name: 'http', containerPort: httpPort },
          { name: 'ping', containerPort: pingPort },
        ],
        readinessProbe: httpProbe('ping', '/ping', { period: 2 }),
        livenessProbe: httpProbe('ping', '/ping'),
        resources: { cpu: '50m', memory: '64Mi', memoryLimit: '256Mi' },
      },
    },
  });
}

/** What Traefik's documentation asks for, without the kinds of the experimental channel and its tracing. */
function rights(chart: Chart): void {
  const group = 'gateway.networking.k8s.io';
  const written = ['gatewayclasses', 'gateways', 'httproutes', 'grpcroutes', 'backendtlspolicies'];
  clusterRole(chart, name, { serviceAccount: name, namespace: space }, [
    { apiGroups: [''], resources: ['namespaces'], verbs: ['list', 'watch'] },
    // Of all namespaces: a route there may name any Service, and a listener any Secret that it is granted.
    { apiGroups: [''], resources: ['services', 'secrets', 'configmaps'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: ['discovery.k8s.io'], resources: ['endpointslices'], verbs: ['list', 'watch'] },
    { apiGroups: [group], resources: [...written, 'referencegrants'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [group], resources: written.map((kind) => `${kind}/status`), verbs: ['update'] },
  ]);
}

function gatewayClass(chart: Chart): void {
  new ApiObject(chart, 'gateway-class', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'GatewayClass',
    metadata: { name },
    spec: { controllerName: 'traefik.io/gateway-controller' },
  });
}

function listeners(chart: Chart): void {
  new ApiObject(chart, 'gateway', {
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind: 'Gateway',
    metadata: { name: gateway.name, namespace: space },
    spec: {
      gatewayClassName: name,
      listeners: [
        {
          name: gateway.listener,
          protocol: 'HTTP',
          port: httpPort,
          allowedRoutes: { namespaces: { from: 'All' } },
        },
      ],
    },
  });
}
